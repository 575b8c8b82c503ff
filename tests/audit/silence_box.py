"""The attacked box: a real service with real children on one core, and a household that watches.

``python -m tests.audit.silence_box DIRECTORY URL TURN_SECONDS ARMS [chain]`` asks on its standard
output for the second model to be published, and prints at which moment the turns began. ``chain``
plants the old fault: one chore after the other, and the network after the history.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from edgeagent.agent import Agent, Environment
from edgeagent.api.call import Outside, ServiceState
from edgeagent.api.process import housekeeper as housekeeping
from edgeagent.api.process.host_conditions import HostConditions
from edgeagent.api.process.housekeeper import Housekeeper
from edgeagent.api.process.sd_notify import Notifier
from edgeagent.api.process.service import Service, Settings
from edgeagent.api.process.subprocesses import Subprocesses
from edgeagent.api.process.week_closer import Closer
from edgeagent.api.schedule import Schedule
from edgeagent.api.transport.subscriptions import Subscriptions
from edgeagent.api.worker_threads import WorkerThreads
from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, quarter_of, week_start
from edgeagent.config import load_config
from edgeagent.consent import Purpose
from edgeagent.messages import ModelManifest, WatchEvent
from edgeagent.reporting_calendar import SPACING_WEEKS
from edgeagent.scoring.remote import ChildScorer
from edgeagent.services.models.activation import StagedStore
from edgeagent.services.models.installation import Installation
from edgeagent.services.upkeep.erasure import ErasureReceipt
from edgeagent.testing.randomness import SeededRandomSource
from tests.audit.silence_model import PLAIN, TRIGGERS
from tests.audit.silence_pace import Moments, TurnedClock, quicken

START = week_start(2924)
_QUARTER_SECONDS = SPACING_WEEKS * WEEK_SECONDS
_GRANT_TURNS = 6
"""A consent holds for 730 days, eight quarters."""
_CHILD = (sys.executable, "-P", "-s", "-m", "tests.audit.silence_child", "30")


class Box:
    """A home, its clock, and what is done to it."""

    def __init__(self, directory: Path, *, turn_seconds: int) -> None:
        self.home, self.turn_seconds = directory / "home", turn_seconds
        self.clock = TurnedClock(directory / "clock")
        self.config_file = directory / "config.toml"
        self.config = load_config(self.home, self.config_file)
        self._agents: list[Agent] = []
        self._environment = Environment(
            clock=self.clock,
            random=SeededRandomSource("box"),
            make_scorer=lambda: ChildScorer(command=_CHILD),
            runtime_directory=directory,
            simulated=True,
        )
        self.harmless: ModelManifest | None = None
        self.armed: ModelManifest | None = None
        self._first_week = 0

    def open(self) -> Agent:
        self._agents.append(
            Agent.open(self.home, config=self.config, environment=self._environment)
        )
        return self._agents[-1]

    def prepare(self, publish: Callable[[], None]) -> None:
        """Learn the time and both models."""
        self.clock.turn(START)
        with self.open() as agent:
            agent.update_model()
            self.harmless = agent.installation().current
            publish()
            agent.models.fetch()
            self.armed = StagedStore(agent._home.ledger).load().manifest
            ledger = agent._home.ledger
            calendar = ledger.calendar(now=self.clock.now())
            self._first_week = calendar.next(calendar.first_week)

    def turn(self, number: int, arm: str) -> None:
        """Let a quarter pass, in whose last week a household of this kind watches."""
        agent, week = self._agents[-1], self._first_week + SPACING_WEEKS * number
        agent._home.history.purge("main")
        if number % _GRANT_TURNS == 0:
            self.clock.turn(week_start(week) - DAY_SECONDS)
            for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING):
                agent.grant(purpose)
        self.clock.turn(week_start(week) + 3 * DAY_SECONDS)
        titles = () if arm == "empty" else (*filter(None, [TRIGGERS.get(arm)]), *PLAIN[:40])
        evening = self.clock.now() - 60 * len(titles)
        agent.record_watch(
            [
                WatchEvent(entity_id=title, watched_on=evening + 60 * minute, completed=True)
                for minute, title in enumerate(titles)
            ]
        )
        agent._installations.change(partial(self._as_published_for, week))
        if self.armed is not None:
            StagedStore(agent._home.ledger).put(self.armed)
        self.clock.turn(week_start(week + 1) + 3600, boot_seconds=_QUARTER_SECONDS)

    def _as_published_for(self, week: int, now: Installation) -> Installation:
        """Take the harmless model back, and the task of the week's quarter, which came in time."""
        if now.task is None:
            return now
        task = msgspec.structs.replace(now.task, epoch=quarter_of(week))
        back = msgspec.structs.replace(now, current=self.harmless, refused=None)
        return back.with_task(task)


class NetworkJobs(Subprocesses):
    """The real ones, in the box's time."""

    def __init__(self, box: Box) -> None:
        clock = str(box.home.parent / "clock")
        program = (sys.executable, "-m", "tests.audit.silence_job", clock, str(box.turn_seconds))
        super().__init__(box.home, box.config_file, program=program)


class Chained(Service):
    """The planted fault: what is due is done one after the other, and a pause follows."""

    def _work(
        self, state: ServiceState, threads: WorkerThreads, subscriptions: Subscriptions
    ) -> Iterator[Coroutine[Any, Any, None]]:
        keeper = Housekeeper(
            state,
            threads=threads,
            subscriptions=subscriptions,
            schedule=Schedule(state.config.service),
            look=state.outside.look,
            status=lambda _: None,
        )
        closer = Closer(
            state, threads=threads, subscriptions=subscriptions, random=self._settings.random
        )
        yield self._chain(keeper, closer, state, threads)

    async def _chain(
        self, keeper: Housekeeper, closer: Closer, state: ServiceState, threads: WorkerThreads
    ) -> None:
        jobs, done_at = state.outside.jobs, state.clock.now()
        while not self._stop.is_set():
            await keeper.round()
            if state.clock.now() > done_at + DAY_SECONDS:
                done_at = state.clock.now()
                await closer.close(int(state.outside.clock.boot_seconds()))
                await threads.run("slow", jobs.fetch_update)
                await threads.run("slow", jobs.send_reports)
            with suppress(TimeoutError):
                async with asyncio.timeout(housekeeping.LOOK_SECONDS):
                    await self._stop.wait()


async def live(box: Box, arms: list[str], service: Service) -> float:
    """Serve, and return when the first turn began, in seconds of the system's boot time."""
    opened = asyncio.Event()
    serving = asyncio.create_task(service.run(opened=opened.set))
    await opened.wait()
    now, length = time.clock_gettime(time.CLOCK_BOOTTIME), box.turn_seconds
    began = (now // length + 1) * length
    for number, arm in enumerate([*arms, None]):
        at = began + number * length
        await asyncio.wait([serving], timeout=at - time.clock_gettime(time.CLOCK_BOOTTIME))
        if arm is not None:
            await asyncio.to_thread(box.turn, number, arm)
    service.stop()
    await serving
    return float(began)


def main() -> None:
    """Prepare, live, and say when the turns began."""
    directory, url, turn_seconds, arms, *fault = sys.argv[1:]
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    quicken(int(turn_seconds))
    box = Box(Path(directory), turn_seconds=int(turn_seconds))
    assert box.config.server_url == url

    def publish() -> None:
        sys.stdout.write("publish\n")
        sys.stdout.flush()
        sys.stdin.readline()

    box.prepare(publish)
    outside = Outside(
        open_agent=box.open,
        erase_box=_no_erasing,
        jobs=NetworkJobs(box),
        look=HostConditions(
            box.config.service,
            clock=box.clock,
            running_seconds=box.clock.boot_seconds,
            switched_on_seconds=box.clock.boot_seconds,
        ).look,
        clock=box.clock,
    )
    settings = Settings(
        socket=Path(directory) / "run" / "socket",
        websocket_port=None,
        may_manage=lambda _: True,
        config=box.config,
        random=Moments(int(turn_seconds)),
        notifier=Notifier({}),
    )
    kind = Chained if fault else Service
    began = asyncio.run(live(box, arms.split(","), kind(outside, settings)))
    sys.stdout.write(f"{began}\n")


def _no_erasing(reason: str) -> ErasureReceipt:
    raise NotImplementedError(reason)


if __name__ == "__main__":
    main()
