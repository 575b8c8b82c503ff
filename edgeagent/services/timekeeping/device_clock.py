"""The box's own idea of the time: never before what is certain, never trusted beyond what is.

Set-top boxes boot in 1970 and are set forward by hand. ``now`` is the latest of the system clock,
the build time and the last time seen while the server vouched for it. The server vouches for the
time between the issue and the expiry of its newest timestamp, both signed: before the one no clock
can be that is right, after the other nobody says so. Last seen advances only in between, so that
one jump to 2100 is not permanent; outside of it the time counts as unknown: updating is tried,
nothing is reported. While the system clock stands before what is certain, ``now`` goes on with boot
time.
"""

from __future__ import annotations

from edgeagent.clock import Clock
from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.fields import Seconds

__all__ = ["BUILD_TIME", "DeviceClock", "TimeEvidence"]

BUILD_TIME = 1_704_067_200
"""2024-01-01T00:00:00Z: no box runs this code earlier. A firmware build may pass a later one."""


class TimeEvidence(KeptMessage, frozen=True, kw_only=True):
    """What the box has learned about the time from verified metadata."""

    last_seen: Seconds = 0
    vouched_until: Seconds = 0
    """Expiry of the newest verified timestamp. An older one is not taken (TUF), so that the newest
    is right, also where it vouches for less: a publisher may have vouched too far by mistake."""
    issued_at: Seconds = 0
    """When that timestamp was signed. Not kept as a lower bound of ``now``: a publisher who dates
    one to 2100 by mistake puts it right with the next."""


class DeviceClock:
    """A Clock over the system's clock and the evidence."""

    def __init__(self, system: Clock, *, build_time: int = BUILD_TIME) -> None:
        """Start without evidence."""
        self._system = system
        self._build_time = build_time
        self._evidence = TimeEvidence()
        self._taken_in_at = system.boot_seconds()

    @property
    def evidence(self) -> TimeEvidence:
        """What is known from the server."""
        return self._evidence

    def take_in(self, evidence: TimeEvidence) -> None:
        """Go by what is kept of the time; ``InstallationStore`` keeps it, and alone calls this."""
        if evidence.last_seen != self._evidence.last_seen:
            self._taken_in_at = self.boot_seconds()
        self._evidence = evidence

    def now(self) -> int:
        """Seconds since 1970-01-01T00:00:00Z, never before the evidence."""
        system, seen = self._system.now(), self.evidence.last_seen
        if system >= max(self._build_time, seen):
            return system
        boot_seconds = self.boot_seconds()
        since_seen = int(boot_seconds - self._taken_in_at)
        return max(self._build_time + int(boot_seconds), seen and seen + since_seen)

    def told(self, moment: int) -> int:
        """Return what this clock called a moment that the system's called ``moment``, seconds UTC.

        The two differ while the system clock is behind: apps go by that one, unless what they say
        can be right.
        """
        if moment >= self._build_time or not self.is_behind():
            return moment
        return max(0, self.now() + moment - self._system.now())

    def boot_seconds(self) -> float:
        """Seconds since the box was switched on, sleep included; nobody sets it."""
        return self._system.boot_seconds()

    def boot_id(self) -> str:
        """Identify the boot: boot seconds compare only where this is the same."""
        return self._system.boot_id()

    def offsets(self) -> tuple[float, float]:
        """Return what the system's clock and this one show beyond boot time."""
        boot_seconds = self.boot_seconds()
        return self._system.now() - boot_seconds, self.now() - boot_seconds

    def is_known(self) -> bool:
        """Say whether the time is good enough to report on a week."""
        return not self.is_behind() and self._system.now() <= self.evidence.vouched_until

    def is_behind(self) -> bool:
        """Say whether the system clock stands before what is certain: its date says nothing."""
        floor = max(self._build_time, self.evidence.last_seen, self.evidence.issued_at)
        return self._system.now() < floor

    def learn(self, *, issued_at: int, vouched_until: int) -> TimeEvidence:
        """Take in a freshly verified timestamp and return the new evidence.

        Args:
            issued_at: when it was signed.
            vouched_until: when it expires.

        """
        system = self._system.now()
        seen = system if issued_at <= system <= vouched_until else self.evidence.last_seen
        self.take_in(
            TimeEvidence(
                last_seen=max(self.evidence.last_seen, seen),
                vouched_until=vouched_until,
                issued_at=issued_at,
            )
        )
        return self.evidence
