"""The page of each quarter: what the figures were when it ended, beside those of the one before.

The figures are taken by housekeeping after a quarter has ended, whatever was watched. They are
derived from viewings, so every deletion deletes them: the next page then has nothing to be compared
with. Until a viewer was shown a page it is new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import msgspec

from edgeagent.clock import quarter_of, week_of
from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.fields import FigureName
from edgeagent.services.state_store import StateStore
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.store import DERIVED, LedgerStore

__all__ = ["FigureChange", "QuarterEnd", "QuarterPages"]

_STATE_NAME = f"{DERIVED}quarters"
_CAP_BYTES = 8192


class QuarterEnd(KeptMessage, frozen=True, kw_only=True):
    """Figures of a box when a quarter had ended."""

    quarter: int
    """Which one, counted from January 1970."""
    viewings: int
    """Kept, of all profiles."""
    profiles: int
    allowed: int
    """Purposes granted, of all profiles together."""
    retention_days: int
    reports: int
    """Drawn within 13 weeks."""
    epsilon: float
    """Spent in 52 weeks."""


class _Quarters(KeptMessage, frozen=True, kw_only=True):
    running: int | None = None
    before: QuarterEnd | None = None
    latest: QuarterEnd | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureChange:
    """One figure of a quarter, and of the one before."""

    figure: FigureName
    before: float
    now: float


class QuarterPages:
    """Keeps the figures of the last two quarters."""

    def __init__(self, ledger: LedgerStore, *, clock: DeviceClock) -> None:
        """Keep them in ``ledger``."""
        self._states = StateStore(ledger, _STATE_NAME, _Quarters, cap_bytes=_CAP_BYTES)
        self._clock = clock

    def has_ended(self) -> bool:
        """Return whether a quarter has ended since the last look; a first look begins to count."""
        if not self._clock.is_known():
            return False
        now, kept = self._now(), self._states.load()
        if kept.running is None or kept.running > now:  # a clock that was ahead
            self._states.update(running=now)
            return False
        return kept.running < now

    def turn(self, figures: QuarterEnd) -> None:
        """Make the figures of a quarter that has ended its page, which is new."""
        now = self._now()
        self._states.change(
            lambda kept: msgspec.structs.replace(
                kept, running=now, before=kept.latest, latest=figures, is_new=True
            )
        )

    def ended_quarter(self) -> int:
        """Return the number of the quarter before the one that runs."""
        return self._now() - 1

    def is_new(self) -> bool:
        """Return whether there is a page that nobody has looked at."""
        return self._states.load().is_new

    def latest(self) -> QuarterEnd | None:
        """Return the figures of the last page; ``None``: there is none yet."""
        return self._states.load().latest

    def looked_at(self) -> None:
        """Note that a viewer was shown the page; writes once a page."""
        if self.is_new():
            self._states.update(is_new=False)

    def changes(self) -> tuple[FigureChange, ...]:
        """Return the figures that differ from those of the quarter before; none without both."""
        kept = self._states.load()
        if kept.before is None or kept.latest is None:
            return ()
        pairs = (
            (name, getattr(kept.before, name), getattr(kept.latest, name))
            for name in get_args(FigureName)
        )
        return tuple(
            FigureChange(figure=name, before=before, now=now)
            for name, before, now in pairs
            if before != now
        )

    def has_two(self) -> bool:
        """Return whether there are two quarters to compare."""
        kept = self._states.load()
        return kept.before is not None and kept.latest is not None

    def _now(self) -> int:
        return quarter_of(week_of(self._clock.now()))
