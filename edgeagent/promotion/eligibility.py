"""Which creatives may be shown here and now, whatever the taste."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from edgeagent.messages.creatives import DAYPARTS, Creative
from edgeagent.messages.fields import Daypart
from edgeagent.promotion.caps import Room
from edgeagent.promotion.limits import KID_AGE_RATING, PERIOD_SECONDS

__all__ = ["Hidden", "Ineligible", "Situation", "daypart_of", "why_not"]

Ineligible = Literal[
    "placement", "time", "daypart", "language", "age", "house_only", "hidden", "no_file", "cap"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """What a profile does not want to see."""

    creatives: frozenset[str] = frozenset()
    advertisers: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()

    def covers(self, creative: Creative) -> bool:
        """Return whether a creative is hidden."""
        return (
            creative.crid in self.creatives
            or creative.advertiser in self.advertisers
            or creative.cat in self.categories
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The context: all that a choice without taste depends on."""

    placement: str
    now: int
    """Seconds UTC."""
    daypart: Daypart
    language: str
    max_age_rating: int
    for_kid: bool
    """On a kid's profile, only the operator's own promos for kids are shown."""
    hidden: Hidden


def daypart_of(now: int, *, utc_offset_minutes: int) -> Daypart:
    """Return the quarter of the day at ``now``, seconds UTC."""
    return DAYPARTS[(now + 60 * utc_offset_minutes) // PERIOD_SECONDS % len(DAYPARTS)]


def why_not(
    creative: Creative, here: Situation, *, is_here: Callable[[Creative], bool], room: Room
) -> Ineligible | None:
    """Return why a creative may not be shown; ``None``: it may.

    Args:
        creative: which.
        here: where and to whom.
        is_here: whether its file has been fetched.
        room: what the caps leave.

    """
    limit = min(here.max_age_rating, KID_AGE_RATING) if here.for_kid else here.max_age_rating
    checks: tuple[tuple[Ineligible, bool], ...] = (
        # First: what is for others is not even listed for this profile.
        ("age", creative.age_rating > limit),
        ("house_only", here.for_kid and creative.kind != "promo"),
        ("placement", creative.placement != here.placement),
        ("time", not creative.starts_at <= here.now < creative.ends_at),
        ("daypart", bool(creative.dayparts) and here.daypart not in creative.dayparts),
        ("language", creative.language not in {None, here.language}),
        ("hidden", here.hidden.covers(creative)),
        ("cap", not room.has(creative)),
    )
    for reason, applies in checks:
        if applies:
            return reason
    return None if is_here(creative) else "no_file"
