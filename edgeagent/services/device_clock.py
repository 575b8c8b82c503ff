"""The box's own idea of the time: never before what is certain, never trusted beyond what is.

Set-top boxes boot in 1970 and are set forward by hand. ``now`` is the latest of the system clock,
the build time and the last time seen while the server vouched for it. Last seen advances only while
the system clock is before the expiry of the newest verified timestamp, so that one jump to 2100 is
not permanent; beyond that expiry the time counts as unknown: updating is tried, nothing is
reported.
"""

from __future__ import annotations

from edgeagent.clock import Clock
from edgeagent.messages.codec import Message
from edgeagent.messages.fields import Seconds

__all__ = ["BUILD_TIME", "DeviceClock", "TimeEvidence"]

BUILD_TIME = 1_704_067_200
"""2024-01-01T00:00:00Z: no box runs this code earlier. A firmware build may pass a later one."""


class TimeEvidence(Message, frozen=True, kw_only=True):
    """What the box has learned about the time from verified metadata."""

    last_seen: Seconds = 0
    vouched_until: Seconds = 0
    """Expiry of the newest verified timestamp."""


class DeviceClock:
    """A Clock over the system's clock and the evidence."""

    def __init__(self, system: Clock, *, build_time: int = BUILD_TIME) -> None:
        """Start without evidence."""
        self._system = system
        self._build_time = build_time
        self.evidence = TimeEvidence()

    def now(self) -> int:
        """Seconds since 1970-01-01T00:00:00Z, never before the evidence."""
        return max(self._system.now(), self._build_time, self.evidence.last_seen)

    def is_known(self) -> bool:
        """Say whether the time is good enough to report on a week."""
        system = self._system.now()
        floor = max(self._build_time, self.evidence.last_seen)
        return floor <= system <= self.evidence.vouched_until

    def learn(self, vouched_until: int) -> TimeEvidence:
        """Take in the expiry of a freshly verified timestamp and return the new evidence."""
        system = self._system.now()
        seen = system if system <= vouched_until else self.evidence.last_seen
        self.evidence = TimeEvidence(
            last_seen=max(self.evidence.last_seen, seen),
            vouched_until=max(self.evidence.vouched_until, vouched_until),
        )
        return self.evidence
