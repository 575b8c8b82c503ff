"""The moments at which a box uses the network, drawn when it starts, and what is due at one. Pure.

The moments lie on a grid of boot time, which cannot be set. What a box requests at one of them
depends on the clock, on power, link and metering, and on the outbox; never on load, heat or
standby, which follow what is watched, nor on earlier work. Counting a week begins at such a moment,
too, for then its report is drawn and the time of sending fixed.
"""

from __future__ import annotations

from math import floor

from edgeagent.api.schedule import Conditions, in_windows
from edgeagent.clock import HOUR_SECONDS
from edgeagent.config import ServiceConfig
from edgeagent.randomness import RandomSource

__all__ = ["GRID_SECONDS", "LEAD_SECONDS", "Timetable", "Updates", "Weeks"]

GRID_SECONDS = 15 * 60
"""From one moment to the next: a report that is due waits no longer than this, which is nothing
beside the days within which its moment is drawn; and an update may take as long, so that one is
over when its turn comes again."""
LEAD_SECONDS = 20
"""How long before its moment a job is prepared: started, its libraries loaded, the ledger
opened. That takes a second on a fast box, several on a slow, busy one; none of it must show."""
_FIRST_SECONDS = 60
"""Within this time a new box requests its first model, once it may."""
_RETRY_SECONDS = HOUR_SECONDS
"""From one look for an update to the next at least, however the clock is set meanwhile; often
enough for one evening, seldom enough for a server that is down."""
_CLOSING_SECONDS = 6 * HOUR_SECONDS
"""From one look whether a week is to be closed to the next."""
_SPREAD_SECONDS = HOUR_SECONDS
"""Boxes that are switched on together do not request updates together."""


class Timetable:
    """A grid of moments, in boot seconds."""

    def __init__(self, random: RandomSource, *, first_after: float | None = None) -> None:
        """Draw the grid for this start of the service.

        Args:
            random: draws where it lies.
            first_after: boot seconds soon after which a moment has to come; ``None``: any grid.

        """
        if first_after is None:
            self._offset_seconds = random.below(GRID_SECONDS)
        else:
            ready = floor(first_after) + LEAD_SECONDS + 1
            self._offset_seconds = (ready + random.below(_FIRST_SECONDS)) % GRID_SECONDS

    def next(self, boot_seconds: float) -> int:
        """Return the first moment that is far enough ahead to be prepared for."""
        turns = floor((boot_seconds + LEAD_SECONDS - self._offset_seconds) / GRID_SECONDS) + 1
        return self._offset_seconds + turns * GRID_SECONDS


class Updates:
    """Says whether to look for an update at a moment."""

    def __init__(self, config: ServiceConfig, *, random: RandomSource) -> None:
        """Follow ``config``, and what ``random`` draws for this start: see the constants."""
        self._config = config
        self._interval_seconds = config.update_hours * HOUR_SECONDS + random.below(_SPREAD_SECONDS)
        self._not_before = 0.0
        """Boot seconds."""

    def due(self, conditions: Conditions, *, checked_at: int | None) -> bool:
        """Say whether to look now.

        Args:
            conditions: how things stand.
            checked_at: when it was last looked, as the box remembers over restarts.

        """
        if conditions.metered or conditions.boot_seconds < self._not_before:
            return False
        if not _may_begin(conditions, self._config):
            return False
        if checked_at is None or conditions.now < checked_at:  # the clock was set back
            return True
        return conditions.now >= checked_at + self._interval_seconds

    def looked(self, boot_seconds: float, *, again_soon: bool) -> None:
        """Note that it was looked, or tried.

        Args:
            boot_seconds: when.
            again_soon: unless it failed of what does not lie in the network. A disk that is full
                of viewings, say, must not make a box ask more often.

        """
        pause = _RETRY_SECONDS if again_soon else self._interval_seconds
        self._not_before = boot_seconds + pause


class Weeks:
    """Says whether to look for a reporting week that is to be closed."""

    def __init__(self, config: ServiceConfig) -> None:
        """Follow ``config``."""
        self._config = config
        self._not_before = 0.0
        """Boot seconds."""

    def due(self, conditions: Conditions) -> bool:
        """Say whether to look now."""
        return conditions.boot_seconds >= self._not_before and _may_begin(conditions, self._config)

    def looked(self, boot_seconds: float) -> None:
        """Note that it was looked, or tried."""
        self._not_before = boot_seconds + _CLOSING_SECONDS


def _may_begin(conditions: Conditions, config: ServiceConfig) -> bool:
    return conditions.awake_seconds >= config.wake_grace_seconds and in_windows(
        conditions.minute_of_day, config.work_windows
    )
