"""WatchLog: who watched what when, the one form every loader produces and training consumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import Title
from edgeagent.messages.manifest import LiftedWord
from model_export.metadata import Metadata, topic_words
from model_export.topics.mapping import NO_MAPPING, GenreMapping

__all__ = ["WatchLog"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchLog:
    """A log of viewings over a list of titles.

    The four event arrays have one entry a viewing, sorted by (watched_on, user); what one person
    watched in one second stays in the order it was logged in.
    """

    titles: tuple[Title, ...]
    users: NDArray[np.int64]
    """[E] dense user numbers, 0 … user_count − 1."""
    items: NDArray[np.int64]
    """[E] indices into ``titles``."""
    watched_on: NDArray[np.int64]
    """[E] seconds UTC."""
    completion: NDArray[np.float32]
    """[E] in [0, 1]: how much of the title was watched."""
    user_count: int
    metadata: Mapping[str, Metadata] = field(default_factory=dict)
    """By entity id, of the titles a catalogue says more about; the rest is ``NOTHING_KNOWN``."""
    genre_mapping: GenreMapping = NO_MAPPING
    """What genre words mean to the operator of the catalogue."""
    remarks: tuple[str, ...] = ()
    """What people should know of how the files were read."""
    is_invented: bool = False
    """Whether no file was read, so that nothing can be said about its columns."""

    def __len__(self) -> int:
        """Return the number of viewings."""
        return len(self.users)

    def lifted_words(self) -> tuple[LiftedWord, ...]:
        """Return its titles' words that are known as sensitive, and not so to the operator."""
        return self.genre_mapping.lifted_words(topic_words(self.titles, self.metadata))

    def select(self, keep: NDArray[np.bool_]) -> Self:
        """Return the viewings where ``keep`` [E] holds; users and titles keep their numbers."""
        return replace(
            self,
            users=self.users[keep],
            items=self.items[keep],
            watched_on=self.watched_on[keep],
            completion=self.completion[keep],
        )
