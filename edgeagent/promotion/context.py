"""What is on the screen, as a leaning towards segments: a function of the context alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from edgeagent.messages import SegmentLabel

__all__ = ["NOTHING_KNOWN", "OnScreen", "context_probabilities"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnScreen:
    """What runs where a creative is to stand, as the caller says; any part may be unknown."""

    entity_id: str | None = None
    """A title, whose genres are those of the catalogue."""
    genre: str | None = None
    """As the segments' labels write it; used beside those of the title."""


NOTHING_KNOWN = OnScreen()


def context_probabilities(
    genres: Collection[str], labels: Sequence[SegmentLabel]
) -> tuple[float, ...] | None:
    """Return [S] the same for each segment that is of one of the genres; together 1.

    ``None`` where no segment is. A sensitive segment is never among them.

    Args:
        genres: of what is on the screen.
        labels: of the model.

    """
    wanted = {genre.casefold() for genre in genres}
    found = {
        number
        for number, label in enumerate(labels)
        if not label.sensitive and wanted.intersection(genre.casefold() for genre in label.genres)
    }
    if not found:
        return None
    return tuple(1 / len(found) if number in found else 0.0 for number in range(len(labels)))
