"""Fetches and sends at times drawn beforehand, whatever else the box is doing.

Each kind of job has a timetable and a thread of its own. A job is prepared before its time and
begins at it; one that cannot waits for the next time. So the times reveal neither whether there was
work on the history, nor how long it took, nor its result.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from edgeagent.api.call import ServiceState
from edgeagent.api.events import DISCLOSURES_CHANGED
from edgeagent.api.process.ticker import Ticker
from edgeagent.api.process.timetable import LEAD_SECONDS, Timetable, Updates
from edgeagent.api.schedule import Conditions
from edgeagent.api.transport.subscriptions import Subscriptions
from edgeagent.api.worker_threads import WorkerThread, WorkerThreads
from edgeagent.errors import NetworkError
from edgeagent.randomness import RandomSource

__all__ = ["NetworkScheduler"]

_LOG = logging.getLogger("edgeagent.network")


class NetworkScheduler:
    """Runs the jobs on the network."""

    def __init__(
        self,
        state: ServiceState,
        *,
        threads: WorkerThreads,
        subscriptions: Subscriptions,
        random: RandomSource,
        fetched: Callable[[], None],
    ) -> None:
        """Run the jobs of ``state``, tell ``subscriptions`` what was sent, and call ``fetched``."""
        self._state = state
        self._threads = threads
        self._subscriptions = subscriptions
        self._look = state.outside.look
        self._clock = state.outside.clock
        self._jobs = state.outside.jobs
        self._fetched = fetched
        service = state.config.service
        self._updates = Updates(service, random=random)
        new = state.agent.installation().checked_at is None
        first_after = self._clock.boot_seconds() + service.wake_grace_seconds
        self._fetching = Timetable(random, first_after=first_after if new else None)
        self._sending = Timetable(random)
        self._ticker = Ticker(self._clock)

    async def run(self) -> None:
        """Fetch and send, for ever."""
        if self._state.config.server_url is not None:
            await asyncio.gather(
                self._ticker.each(self._fetching, self.fetch, lead_seconds=LEAD_SECONDS),
                self._ticker.each(self._sending, self.send, lead_seconds=LEAD_SECONDS),
            )

    async def fetch(self, moment: int) -> None:
        """Look for an update at ``moment``, in boot seconds, if one is due."""
        if not await self._is_due("fetch", self._fetch_due, moment):
            return
        again_soon = True
        try:
            await self._threads.run("fetch", lambda: self._jobs.fetch_update(moment))
            await self._threads.run("quick", self._state.refresh)
        except Exception as error:  # noqa: BLE001  (one job must not end the service)
            _LOG.warning("no update, will be retried: %s", type(error).__name__)
            again_soon = isinstance(error, NetworkError)
        self._updates.looked(moment, again_soon=again_soon)
        self._fetched()

    async def send(self, moment: int) -> None:
        """Send at ``moment``, in boot seconds, the reports that are due."""
        if not await self._is_due("send", self._send_due, moment):
            return
        try:
            await self._threads.run("send", lambda: self._jobs.send_reports(moment))
        except Exception as error:  # noqa: BLE001  (one job must not end the service)
            _LOG.warning("nothing was sent, will be retried: %s", type(error).__name__)
        self._subscriptions.publish(DISCLOSURES_CHANGED, None)

    async def _is_due(
        self, thread: WorkerThread, due: Callable[[Conditions], bool], moment: int
    ) -> bool:
        """Say whether to run a job; not if the box has slept past the moment.

        Asked on the job's own thread: work on the stores must not delay it.
        """
        try:
            wanted = await self._threads.run(thread, lambda: due(self._look()))
        except Exception as error:  # noqa: BLE001  (one job must not end the service)
            _LOG.warning("cannot find out what is due: %s", type(error).__name__)
            return False
        return wanted and self._clock.boot_seconds() < moment

    def _fetch_due(self, conditions: Conditions) -> bool:
        return self._updates.due(conditions, checked_at=self._state.agent.installation().checked_at)

    def _send_due(self, conditions: Conditions) -> bool:
        moment = self._state.agent.reports.next_attempt_at()
        return moment is not None and moment <= conditions.now
