"""The box's clock: never earlier than what is proven, and not trusted beyond what is vouched for.

Set-top boxes boot in 1970 and are set forward by hand. ``now`` is the latest of the system clock,
the build time and the last time seen while the server vouched for it. The server vouches for the
time between the issue and the expiry of its newest timestamp, both signed: a clock before the issue
is certainly wrong, a clock after the expiry is unconfirmed. The last seen time advances only
between the two, so that one jump to 2100 is not permanent. Outside that range the time counts as
unknown: updates are tried, nothing is reported. While the system clock is behind what is proven,
``now`` advances with boot time.
"""

from __future__ import annotations

from edgeagent.clock import Clock
from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.fields import Seconds

__all__ = ["BUILD_TIME", "DeviceClock", "TimeEvidence"]

BUILD_TIME = 1_704_067_200
"""2024-01-01T00:00:00Z, before this code was written. A firmware build may pass its own date."""


class TimeEvidence(KeptMessage, frozen=True, kw_only=True):
    """The evidence of the time from verified metadata."""

    last_seen: Seconds = 0
    vouched_until: Seconds = 0
    """Expiry of the newest verified timestamp. TUF accepts no older one, so the newest counts even
    if it expires earlier: a publisher may correct an expiry that was set too late by mistake."""
    issued_at: Seconds = 0
    """When that timestamp was signed. It is not a permanent lower bound of ``now``: a publisher who
    dates one to 2100 by mistake corrects it with the next."""


class DeviceClock:
    """A Clock made of the system's clock and the evidence."""

    def __init__(self, system: Clock, *, build_time: int = BUILD_TIME) -> None:
        """Start without evidence."""
        self._system = system
        self._build_time = build_time
        self._evidence = TimeEvidence()
        self._taken_in_at = system.boot_seconds()

    @property
    def evidence(self) -> TimeEvidence:
        """The evidence from the server."""
        return self._evidence

    def take_in(self, evidence: TimeEvidence) -> None:
        """Use stored evidence; only ``InstallationStore``, which stores it, calls this."""
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
        """Convert a moment of the system's clock to this clock, seconds UTC.

        The two differ while the system clock is behind. Apps use the system clock, so their moment
        is converted unless it is possible as it stands.
        """
        if moment >= self._build_time or not self.is_behind():
            return moment
        return max(0, self.now() + moment - self._system.now())

    def boot_seconds(self) -> float:
        """Seconds since the box was switched on, sleep included; nobody can set it."""
        return self._system.boot_seconds()

    def boot_id(self) -> str:
        """Return the id of the boot: boot seconds can be compared only within one boot."""
        return self._system.boot_id()

    def offsets(self) -> tuple[float, float]:
        """Return the system's clock minus boot time, and this clock minus boot time, in seconds."""
        boot_seconds = self.boot_seconds()
        return self._system.now() - boot_seconds, self.now() - boot_seconds

    def is_known(self) -> bool:
        """Return whether the time is certain enough to report on a week."""
        return not self.is_behind() and self._system.now() <= self.evidence.vouched_until

    def is_behind(self) -> bool:
        """Return whether the system clock is earlier than what is proven: it is wrong."""
        floor = max(self._build_time, self.evidence.last_seen, self.evidence.issued_at)
        return self._system.now() < floor

    def learn(self, *, issued_at: int, vouched_until: int) -> TimeEvidence:
        """Add a freshly verified timestamp and return the new evidence.

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
