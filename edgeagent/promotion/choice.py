"""The draw: which of the eligible creatives take the places of an answer.

Each place is drawn by itself, half of them by weight alone and half by weight and taste, so that
what stands in a place says little about a taste (:data:`MOST_LIKELIHOOD_RATIO`). Draws are derived
from a seed, so that the same question has the same answer for a period and asking changes nothing.

A creative is drawn with a probability proportional to its weight w as the one with the smallest
``-ln(u) / w``, u uniform and its own (Efraimidis and Spirakis, Weighted random sampling with a
reservoir, Information Processing Letters 97, 2006). Where one is no longer eligible the order of
the others stays, so that an answer changes no more than it must.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from edgeagent.messages.creatives import Creative
from edgeagent.promotion.limits import MOST_AT_ONCE, RANDOM_SHARE

__all__ = ["Drawn", "EligibleCreative", "draw", "uniform"]

_BITS = 52
"""So that u is exact in a float, and neither 0 nor 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibleCreative:
    """An eligible creative."""

    creative: Creative
    taste: float
    """Factor of its weight in places drawn by taste; 1 where no taste is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A creative that was drawn."""

    creative: Creative
    by: Literal["chance", "taste"]


def draw(
    candidates: Sequence[EligibleCreative],
    *,
    number: int,
    seed: str,
    may_follow: Callable[[Creative], bool] = lambda _: True,
    take: Callable[[Creative], None] = lambda _: None,
) -> tuple[Drawn, ...]:
    """Return the creatives of an answer, none twice.

    Args:
        candidates: the eligible ones.
        number: how many places there are, at most ``MOST_AT_ONCE``.
        seed: decides every draw.
        may_follow: whether a creative may stand in the answer after those that were taken.
        take: is told of each creative that was drawn.

    """
    uses_taste = len({candidate.taste for candidate in candidates}) > 1
    answer: list[Drawn] = []
    for place in range(min(number, MOST_AT_ONCE)):
        chosen = [item.creative for item in answer]
        left = [
            candidate
            for candidate in candidates
            if candidate.creative not in chosen
            and may_follow(candidate.creative)
            and _get_on(candidate.creative, chosen)
        ]
        if not left:
            break
        by_taste = uses_taste and uniform(f"{seed} {place} how") >= RANDOM_SHARE
        first = min(left, key=lambda each: _key(each, f"{seed} {place}", by_taste=by_taste))
        answer.append(Drawn(creative=first.creative, by="taste" if by_taste else "chance"))
        take(first.creative)
    return tuple(answer)


def _get_on(creative: Creative, others: Iterable[Creative]) -> bool:
    return not any(
        one.advertiser in other.badv or one.cat in other.bcat
        for each in others
        for one, other in ((creative, each), (each, creative))
    )


def _key(candidate: EligibleCreative, seed: str, *, by_taste: bool) -> tuple[float, str]:
    creative = candidate.creative
    weight = creative.weight * (candidate.taste if by_taste else 1)
    return -math.log(uniform(f"{seed} {creative.crid}")) / weight, creative.crid


def uniform(text: str) -> float:
    """Return a number in (0, 1) that looks uniform and follows from ``text``."""
    digest = hashlib.sha256(text.encode()).digest()
    return ((int.from_bytes(digest[:8], "big") >> (64 - _BITS)) + 0.5) / float(1 << _BITS)
