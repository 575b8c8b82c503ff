"""Frequency caps and pacing: how often a creative may still be shown.

A cap is a promise, so time is counted by what is certain. Within one boot that is boot time, which
nobody can set. Across boots it is the clock, and only while it is vouched for: where it is not, a
showing of an earlier boot counts as if it had been just now.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from edgeagent.clock import DAY_SECONDS, HOUR_SECONDS, WEEK_SECONDS
from edgeagent.messages.creatives import CapRule, Creative, FrequencyCaps
from edgeagent.promotion.showing import Instant, Showing

__all__ = ["Room", "elapsed_seconds", "paced"]


def elapsed_seconds(then: Instant, now: Instant) -> float:
    """Return how long ago something certainly was; 0 where that is not known."""
    if then.boot_id == now.boot_id:
        return max(0.0, now.boot_seconds - then.boot_seconds)
    if then.certain and now.certain:
        return max(0.0, float(now.at - then.at))
    return 0.0


def paced(creative: Creative, now: int) -> int | None:
    """Return how often a creative may have been shown by now, of its total, spread evenly."""
    total = creative.caps.total
    if total is None:
        return None
    part = (now - creative.starts_at) / max(1, creative.ends_at - creative.starts_at)
    return 1 + math.floor((total - 1) * min(max(part, 0.0), 1.0))


class Room:
    """How often each creative may still be shown; one answer takes its places from it."""

    def __init__(
        self, showings: Iterable[Showing], rules: Sequence[CapRule], *, now: Instant
    ) -> None:
        """Count what was shown.

        Args:
            showings: all that are kept, to the profile that asks.
            rules: the caps of advertisers and categories.
            now: the present moment.

        """
        self._now = now
        self._rules = {(rule.of, rule.name): rule.caps for rule in rules}
        self._ago: dict[tuple[str, str], list[float]] = {}
        for showing in showings:
            ago = elapsed_seconds(showing.shown, now)
            self._note(showing.crid, showing.advertiser, showing.cat, ago)

    def has(self, creative: Creative) -> bool:
        """Return whether a creative may be shown once more."""
        own = self._ago.get(("creative", creative.crid), [])
        allowed = paced(creative, self._now.at)
        if (allowed is not None and len(own) >= allowed) or not _fits(creative.caps, own):
            return False
        return all(
            _fits(self._rules.get(party, FrequencyCaps()), self._ago.get(party, []))
            for party in (("advertiser", creative.advertiser), ("category", creative.cat))
        )

    def take(self, creative: Creative) -> None:
        """Count a creative that stands in the answer being made."""
        self._note(creative.crid, creative.advertiser, creative.cat, 0.0)

    def _note(self, crid: str, advertiser: str, cat: str, ago: float) -> None:
        for party in (("creative", crid), ("advertiser", advertiser), ("category", cat)):
            self._ago.setdefault(party, []).append(ago)


def _fits(caps: FrequencyCaps, ago: Sequence[float]) -> bool:
    windows = (
        (caps.per_hour, HOUR_SECONDS),
        (caps.per_day, DAY_SECONDS),
        (caps.per_week, WEEK_SECONDS),
        (caps.total, math.inf),
    )
    return all(cap is None or sum(a < window for a in ago) < cap for cap, window in windows)
