"""Lifts: how much more of a genre, era or title is watched in a segment than in the whole log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import Title
from model_export.segments.session_vectors import SessionRows

__all__ = ["Facet", "distinctive_titles", "watched_in"]


def watched_in(
    sessions: Sequence[SessionRows], assigned: NDArray[np.integer], *, titles: int, count: int
) -> NDArray[np.float64]:
    """Return [S, N] how often each of N titles was watched in sessions of each of S segments."""
    watched = np.zeros((count, titles))
    for session, segment in zip(sessions, assigned, strict=True):
        np.add.at(watched[segment], session.items, 1.0)
    return watched


V = TypeVar("V", str, int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet(Generic[V]):
    """How much of each segment's watching has each value of one property."""

    values: tuple[V, ...]
    share: NDArray[np.float64]
    """[S, V]."""
    overall: NDArray[np.float64]
    """[V]."""

    @classmethod
    def of(
        cls,
        titles: Sequence[Title],
        watched: NDArray[np.float64],
        values_of: Callable[[Title], Iterable[V]],
    ) -> Facet[V]:
        """Count a property over what was watched [S, N]."""
        listed = [tuple(values_of(title)) for title in titles]
        values = tuple(sorted({value for each in listed for value in each}))
        place = {value: column for column, value in enumerate(values)}
        share = np.zeros((len(watched), len(values)))
        for row, each in enumerate(listed):
            for value in each:
                share[:, place[value]] += watched[:, row]
        everything = max(float(watched.sum()), 1.0)
        overall = share.sum(axis=0) / everything
        return cls(
            values=values,
            share=share / np.maximum(watched.sum(axis=1, keepdims=True), 1.0),
            overall=overall,
        )

    def lifted(self, segment: int, *, lift: float, share: float) -> list[V]:
        """Return the values that stand out in a segment, those that say most about it first.

        Args:
            segment: which.
            lift: how many times more than in the whole log, at least.
            share: of the segment's watching, at least.

        """
        here = self.share[segment]
        ratio = here / np.maximum(self.overall, 1e-9)
        out = np.flatnonzero((ratio >= lift) & (here >= share))
        distinctiveness = here[out] * np.log(np.maximum(ratio[out], 1e-9))
        return [self.values[value] for value in out[np.argsort(-distinctiveness, kind="stable")]]

    def commonest(self, segment: int) -> list[V]:
        """Return the values a segment watches, the most watched first."""
        order = np.argsort(-self.share[segment], kind="stable")
        return [self.values[value] for value in order if self.share[segment, value] > 0]


def distinctive_titles(
    titles: Sequence[Title], watched: NDArray[np.float64], *, most: int
) -> list[tuple[str, ...]]:
    """Return the most distinctive titles of each segment by their short names, a series once."""
    share = watched / np.maximum(watched.sum(axis=1, keepdims=True), 1.0)
    overall = watched.sum(axis=0) / max(float(watched.sum()), 1.0)
    distinctiveness = share * np.log(np.maximum(share, 1e-12) / np.maximum(overall, 1e-12))
    tops = []
    for row in distinctiveness:
        best = np.argsort(-row, kind="stable")[: 20 * most]
        names = (_spoken(titles[item]) for item in best if row[item] > 0)
        tops.append(tuple(dict.fromkeys(names))[:most])
    return tops


def _spoken(title: Title) -> str:
    """Return a title without its second name; of an episode what stands before the colon."""
    name = title.title.partition(":")[0] if title.kind == "episode" else title.title
    return name.partition(" (")[0].strip() or title.title
