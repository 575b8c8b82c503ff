"""Works on the history between calls: chores that are due run one after the other.

Nothing here uses the network, and nothing on the network waits for it: see the network scheduler.
Closing a week has times of its own: see the week closer. The pause between two looks is short and
costs nothing: no file is written unless there is work, and a clock that jumps or a box that slept
is noticed at the next look.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress

from edgeagent.api.call import ServiceState
from edgeagent.api.events import MODEL_CHANGED, PRIVATE_SESSION_CHANGED, history_changed
from edgeagent.api.methods.box import installed
from edgeagent.api.schedule import Chore, Conditions, Schedule
from edgeagent.api.transport.subscriptions import Subscriptions
from edgeagent.api.worker_threads import WorkerThreads
from edgeagent.errors import StorageError
from edgeagent.messages.answers.household import PrivateSessionShape
from edgeagent.messages.answers.status import ModelShape

__all__ = ["LOOK_SECONDS", "SERVING", "Housekeeper"]

SERVING = "serving"
LOOK_SECONDS = 60.0
"""The end of a private session is published within a minute."""

_LOG = logging.getLogger("edgeagent.housekeeping")


class Housekeeper:
    """Runs the chores that are due."""

    def __init__(
        self,
        state: ServiceState,
        *,
        threads: WorkerThreads,
        subscriptions: Subscriptions,
        schedule: Schedule,
        look: Callable[[], Conditions],
        status: Callable[[str], None],
    ) -> None:
        """Work for ``state``; publish to ``subscriptions``, and tell ``status`` what runs."""
        self._state = state
        self._threads = threads
        self._subscriptions = subscriptions
        self._schedule = schedule
        self._look = look
        self._status = status
        self._was_private = False
        self._calls_seen = -1
        self._rested = False
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look again now: a model was fetched."""
        self._woken.set()

    async def run(self) -> None:
        """Look, work, pause, for ever."""
        while True:
            self._woken.clear()
            await self.round()
            with suppress(TimeoutError):
                # wait_for before Python 3.12 swallows a cancellation that coincides with its
                # timeout; this does not.
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()

    async def round(self) -> None:
        """Run what is due now; a chore that fails is retried later."""
        try:
            if self._state.is_gone():
                self._publish(await self._threads.run_alone(self._state.open_new_box))
            await self._publish_changes()
            for chore in await self._threads.run("quick", self._due):
                self._status(f"serving; housekeeping: {chore}")
                well = await self._attempt(chore)
                self._status(SERVING)
                self._schedule.done(chore, self._state.clock.now(), well=well)
                self._rested = False
            await self._rest_when_idle()
        except Exception as error:  # noqa: BLE001  (one bad round must not be the last)
            _LOG.warning("housekeeping failed: %s", type(error).__name__)

    def _due(self) -> tuple[Chore, ...]:
        with suppress(StorageError):  # no room to write: the next round tries again
            self._state.agent.retention.keep_time()
        due = self._schedule.due(self._look(), model_waits=self._state.agent.models.waits())
        server = self._state.config.server_url is not None
        return tuple(chore for chore in due if server or chore is Chore.TIDY)

    async def _rest_when_idle(self) -> None:
        """Free memory when no call came between two looks, once after calls or chores."""
        idle = self._state.calls == self._calls_seen
        self._calls_seen = self._state.calls
        if idle and not self._rested:
            await self._threads.run_alone(self._state.rest)
        self._rested = idle

    async def _attempt(self, chore: Chore) -> bool:
        try:
            await {
                Chore.TIDY: self._tidy,
                Chore.ACTIVATE: self._activate,
            }[chore]()
        except Exception as error:  # noqa: BLE001  (one chore must not end the service)
            # The name alone: the text might quote what was watched.
            _LOG.warning("%s failed, will be retried: %s", chore, type(error).__name__)
            return False
        return True

    async def _tidy(self) -> None:
        def tidy() -> tuple[str, ...]:
            """Return the profiles whose viewings may have been deleted."""
            agent = self._state.agent
            deleted = agent.housekeeping().deleted
            profiles = agent.household.profiles() if deleted else ()
            return tuple(profile.name for profile in profiles)

        profiles = await self._threads.run("quick", tidy)
        await self._threads.run("quick", self._state.agent.reports.turn_quarter)
        self._publish(await self._threads.run("quick", self._state.new_events))
        if profiles:
            _LOG.info("deleted viewings older than the retention period")
        for profile in profiles:
            self._subscriptions.publish(*history_changed(profile))

    async def _activate(self) -> None:
        before = await self._threads.run("quick", self._model)
        await self._threads.run("slow", self._state.agent.models.activate)
        after = await self._threads.run("quick", self._model)
        if (before.model_version, before.space_id) != (after.model_version, after.space_id):
            _LOG.info("another model is active")
            self._subscriptions.publish(MODEL_CHANGED, after)

    def _model(self) -> ModelShape:
        return installed(self._state.agent)

    async def _publish_changes(self) -> None:
        """Publish what time, or another process, has changed."""
        ends_at = await self._threads.run("quick", self._state.private_until)
        if self._was_private and ends_at is None:
            ended = PrivateSessionShape(on=False, ends_at=None)
            self._subscriptions.publish(PRIVATE_SESSION_CHANGED, ended)
        self._was_private = ends_at is not None
        self._publish(await self._threads.run("quick", self._state.new_events))

    def _publish(self, events: Iterable[tuple[str, object]]) -> None:
        for name, value in events:
            self._subscriptions.publish(name, value)
