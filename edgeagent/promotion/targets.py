"""Which segments a creative suits, and how much of a taste lies in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from edgeagent.messages import SegmentLabel
from edgeagent.messages.creatives import INTERESTS, Suits
from edgeagent.promotion.limits import TASTE_FACTOR, least_breadth

__all__ = ["aims", "suited", "taste_factor", "usable_target"]


def aims(suits: Suits) -> bool:
    """Return whether a creative suits some tastes more than others."""
    return suits != Suits()


def suited(suits: Suits, labels: Sequence[SegmentLabel]) -> frozenset[int]:
    """Return the numbers of the segments that a creative suits; never a sensitive one.

    Args:
        suits: what it says.
        labels: those of the model, whose numbers ``suits.segments`` are.

    """
    content = {*suits.content}.union(*(INTERESTS.get(node, ()) for node in suits.interests))
    genres = {genre.casefold() for genre in suits.genres}
    return frozenset(
        number
        for number, label in enumerate(labels)
        if not label.sensitive
        and (
            number in suits.segments
            or content.intersection(label.iab)
            or genres.intersection(genre.casefold() for genre in label.genres)
        )
    )


def usable_target(suits: Suits, labels: Sequence[SegmentLabel]) -> frozenset[int]:
    """Return :func:`suited`, or nothing where that is narrower than a target may be."""
    found = suited(suits, labels)
    return found if len(found) >= least_breadth(len(labels)) else frozenset()


def taste_factor(target: Collection[int], probabilities: Sequence[float]) -> float:
    """Return the factor of a creative's weight, a half to :data:`TASTE_FACTOR`; 1 if unaimed.

    It is the part of the taste that lies in the target over that of a taste without preferences.

    Args:
        target: the segments that it suits.
        probabilities: of each segment in a profile's taste; together 1.

    """
    if not target:
        return 1.0
    share = sum(probabilities[number] for number in target)
    lift = share * len(probabilities) / len(target)
    return min(max(lift, 1 / TASTE_FACTOR), TASTE_FACTOR)
