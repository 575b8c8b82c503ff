"""Exploration: one pick in ten is drawn from the titles that nearly made the list.

Nothing is learned about titles that are never shown. The draw is derived from a seed, so that a
list stays the same all day and asking twice changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeagent.randomness import RandomSource  # its imports are not needed by the scoring child

__all__ = ["EVERY", "DailySource", "explore"]

EVERY = 10
"""The tenth, twentieth … place of a list is drawn; a list of nine has no drawn place."""


class DailySource:
    """Integers from SHA-256 in counter mode; predictable, so for picks and never for noise."""

    def __init__(self, seed: int) -> None:
        """Derive the stream from ``seed`` (0 to 2^62 − 1)."""
        self._key = seed.to_bytes(8, "big")
        self._counter = 0

    def below(self, bound: int) -> int:
        """Return an integer in ``[0, bound)``, uniform up to a bias of about 2^-192."""
        self._counter += 1
        digest = hashlib.sha256(self._key + self._counter.to_bytes(8, "big")).digest()
        return int.from_bytes(digest, "big") % bound


def explore(chosen: Sequence[int], spare: Sequence[int], source: RandomSource) -> dict[int, int]:
    """Return the places of a list that are drawn, each with the title drawn for it.

    Args:
        chosen: the list.
        spare: the titles that nearly made it; each is drawn at most once.
        source: the source of the draws.

    """
    left = list(spare)
    drawn = {}
    for place in range(EVERY - 1, len(chosen), EVERY):
        if left:
            drawn[place] = left.pop(source.below(len(left)))
    return drawn
