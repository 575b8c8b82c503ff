"""Closes reporting weeks at times drawn beforehand, whatever else the box is doing.

The time at which a report is drawn decides when it is sent. So neither work on the history, nor
load, heat or standby, which follow what is watched, delay it: it takes seconds in a quarter.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from edgeagent.api.call import ServiceState
from edgeagent.api.events import DISCLOSURES_CHANGED
from edgeagent.api.process.ticker import Ticker
from edgeagent.api.process.timetable import Timetable, Weeks
from edgeagent.api.transport.subscriptions import Subscriptions
from edgeagent.api.worker_threads import WorkerThreads
from edgeagent.randomness import RandomSource
from edgeagent.services.reports.open_week import OpenWeek, WeekClosing
from edgeagent.services.timekeeping.counting_frame import COUNT_SECONDS

__all__ = ["Closer"]

_LOG = logging.getLogger("edgeagent.housekeeping")


class Closer:
    """Looks for weeks to close."""

    def __init__(
        self,
        state: ServiceState,
        *,
        threads: WorkerThreads,
        subscriptions: Subscriptions,
        random: RandomSource,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Close the weeks of ``state``, and tell ``subscriptions``.

        ``pause`` waits so many seconds until a report is booked; a seam for tests.
        """
        self._state = state
        self._threads = threads
        self._subscriptions = subscriptions
        self._pause = pause
        self._weeks = Weeks(state.config.service)
        self._timetable = Timetable(random)
        self._clock = state.outside.clock

    async def run(self) -> None:
        """Look, and close, for ever."""
        if self._state.config.server_url is not None:
            await Ticker(self._clock).each(self._timetable, self.close)

    async def close(self, moment: int) -> None:
        """Close the latest reporting week at ``moment``, in boot seconds, if it is time to look."""
        if not self._weeks.due(self._state.outside.look()):
            return
        self._weeks.looked(moment)
        try:
            opened = await self._threads.run("quick", self._state.agent.reports.open_week)
            if not isinstance(opened, WeekClosing):
                await self._count(opened)
        except Exception as error:  # noqa: BLE001  (one week must not end the service)
            # The name alone: the text might quote what was watched.
            _LOG.warning("a week was not closed, will be retried: %s", type(error).__name__)

    async def _count(self, opened: OpenWeek) -> None:
        """Book and publish at a fixed time after the begin, however long counting takes."""
        counting = asyncio.ensure_future(self._threads.run("slow", opened.count))
        await self._pause(COUNT_SECONDS)
        closing = await self._threads.run("quick", opened.book)
        if not counting.done():
            _LOG.warning("a week was not counted in time")
        if closing.outcome == "drawn":
            _LOG.info("a report was drawn and waits to be sent")
            self._subscriptions.publish(DISCLOSURES_CHANGED, None)
