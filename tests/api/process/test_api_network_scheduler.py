"""Jobs on the network: their moments are drawn beforehand, and nothing else shifts them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeagent.api.call import Outside, ServiceState
from edgeagent.api.confirmations import Confirmations
from edgeagent.api.process.network_scheduler import NetworkScheduler
from edgeagent.api.process.timetable import GRID_SECONDS, LEAD_SECONDS, Timetable, Updates, Weeks
from edgeagent.api.transport.subscriptions import Subscriptions
from edgeagent.api.worker_threads import WorkerThreads
from edgeagent.clock import DAY_SECONDS
from edgeagent.config import ServiceConfig
from edgeagent.errors import EdgeAgentError, NetworkError, StorageError
from edgeagent.services.upkeep.erasure import ErasureReceipt
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.randomness import SeededRandomSource
from tests.api.running import InProcess, ServiceThread, let_report_wait, quiet

HOUR = 3600
CONFIG = ServiceConfig(update_hours=24, wake_grace_seconds=120, work_windows=("02:00-05:00",))
OPEN = ServiceConfig(update_hours=24, wake_grace_seconds=120)


def random(name: str = "moments") -> SeededRandomSource:
    return SeededRandomSource(name)


def test_moments_lie_on_one_grid_however_long_what_was_before_took() -> None:
    timetable = Timetable(random())
    first = timetable.next(5000.0)
    assert 5000 + LEAD_SECONDS < first <= 5000 + LEAD_SECONDS + GRID_SECONDS
    for late in (0.0, 0.01, 17.0, 400.0, GRID_SECONDS - LEAD_SECONDS - 0.01):
        assert timetable.next(first + late) == first + GRID_SECONDS
    assert timetable.next(first + GRID_SECONDS - LEAD_SECONDS) == first + 2 * GRID_SECONDS


def test_each_start_has_a_grid_of_its_own() -> None:
    firsts = {Timetable(random(str(n))).next(0.0) for n in range(20)}
    assert len(firsts) > 15


def test_a_box_without_a_model_asks_soon() -> None:
    for n in range(20):
        first = Timetable(random(str(n)), first_after=1234.5).next(1000.0)
        assert 1234.5 + LEAD_SECONDS < first < 1234.5 + LEAD_SECONDS + 62


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({}, True),
        ({"load_fraction": 9.0}, True),
        ({"celsius": 200.0}, True),
        ({"standby": False}, True),
        ({"metered": True}, False),
        ({"awake_seconds": 119.0}, False),
        ({"minute_of_day": 12 * 60}, False),
    ],
)
def test_clock_power_and_link_decide_whether_to_ask_and_load_heat_and_standby_do_not(
    changes: dict[str, object], due: bool
) -> None:
    conditions = quiet(FakeClock(1_790_000_000), **changes)()
    assert Updates(CONFIG, random=random()).due(conditions, checked_at=None) is due


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({}, True),
        ({"load_fraction": 9.0, "celsius": 200.0, "standby": False, "metered": True}, True),
        ({"awake_seconds": 119.0}, False),
        ({"minute_of_day": 12 * 60}, False),
    ],
)
def test_load_heat_and_standby_put_off_no_week(changes: dict[str, object], due: bool) -> None:
    clock = FakeClock(1_790_000_000)
    weeks = Weeks(CONFIG)
    assert weeks.due(quiet(clock, **changes)()) is due
    weeks.looked(clock.boot_seconds())
    clock.jump(clock.now() + 400 * DAY_SECONDS)
    assert not weeks.due(quiet(clock, **changes)())
    clock.stand(6 * HOUR)
    assert weeks.due(quiet(clock, **changes)()) is due


def test_it_asks_once_a_day_and_an_hour_at_most_later() -> None:
    clock = FakeClock(1_790_000_000)
    updates, checked_at = Updates(OPEN, random=random()), clock.now()
    clock.advance(24 * HOUR - 1)
    assert not updates.due(quiet(clock)(), checked_at=checked_at)
    clock.advance(HOUR)
    assert updates.due(quiet(clock)(), checked_at=checked_at)
    clock.jump(checked_at - 1)
    assert updates.due(quiet(clock)(), checked_at=checked_at)


def test_a_clock_that_is_set_again_and_again_makes_it_ask_once_an_hour_at_most() -> None:
    clock = FakeClock(1_790_000_000)
    updates = Updates(OPEN, random=random())
    updates.looked(clock.boot_seconds(), again_soon=True)
    clock.jump(clock.now() + 400 * DAY_SECONDS)
    assert not updates.due(quiet(clock)(), checked_at=1_790_000_000)
    clock.stand(HOUR)
    assert updates.due(quiet(clock)(), checked_at=1_790_000_000)


def test_only_what_the_network_did_makes_it_ask_again_sooner() -> None:
    clock = FakeClock(1_790_000_000)
    updates = Updates(OPEN, random=random())
    updates.looked(clock.boot_seconds(), again_soon=False)
    clock.stand(HOUR)
    assert not updates.due(quiet(clock)(), checked_at=None)
    clock.stand(24 * HOUR)
    assert updates.due(quiet(clock)(), checked_at=None)


class NetworkJobs(InProcess):
    """Jobs that can be held up."""

    def __init__(self, box: AgentBox) -> None:
        super().__init__(box)
        self.go_on = threading.Event()
        self.go_on.set()
        self.begun = threading.Event()
        self.noted = threading.Event()

    def _note(self, job: str, moment: float | None) -> None:
        super()._note(job, moment)
        self.noted.set()

    def fetch_update(self, moment: float | None = None) -> None:
        self.begun.set()
        self.go_on.wait(20)
        super().fetch_update(moment)

    def call_off(self) -> None:
        super().call_off()
        self.go_on.set()

    def close(self) -> None:
        super().close()
        self.go_on.set()


class Route:
    """A scheduler over a box."""

    def __init__(self, directory: Path) -> None:
        self.box = AgentBox(directory=directory / "box", runtime_directory=directory / "run")
        self.jobs = NetworkJobs(self.box)
        outside = Outside(
            open_agent=self.box.open,
            erase_box=_no_erasing,
            jobs=self.jobs,
            look=quiet(self.box.clock),
            clock=self.box.clock,
        )
        confirmations = Confirmations(clock=self.box.clock, random=random())
        self.state = ServiceState(outside, config=self.box.config, confirmations=confirmations)
        self.fetched = 0
        self.threads = WorkerThreads()
        self.scheduler = NetworkScheduler(
            self.state,
            threads=self.threads,
            subscriptions=Subscriptions(),
            random=random(),
            fetched=self._count,
        )

    def soon(self) -> int:
        return int(self.box.clock.boot_seconds()) + LEAD_SECONDS

    def _count(self) -> None:
        self.fetched += 1


def _no_erasing(reason: str) -> ErasureReceipt:
    raise NotImplementedError(reason)


@pytest.fixture
def route(tmp_path: Path) -> Iterator[Route]:
    route = Route(tmp_path)
    yield route
    route.jobs.go_on.set()
    route.state.close()
    route.threads.close()


def test_a_job_is_told_its_moment_before_it_comes(route: Route) -> None:
    moment = route.soon()
    asyncio.run(route.scheduler.fetch(moment))
    assert route.jobs.moments == [moment]
    assert route.fetched == 1


def test_a_moment_that_has_passed_is_left_out(route: Route) -> None:
    """The box has slept past it, or was kept busy: the next one is not far."""
    asyncio.run(route.scheduler.fetch(int(route.box.clock.boot_seconds())))
    assert route.jobs.done == []


@pytest.mark.parametrize(
    ("error", "again"),
    [(NetworkError("no server"), True), (StorageError("the disk is full of viewings"), False)],
)
def test_a_failure_ends_nothing_and_is_tried_again_only_if_the_network_is_to_blame(
    route: Route, error: EdgeAgentError, again: bool
) -> None:
    route.jobs.fails = error
    asyncio.run(route.scheduler.fetch(route.soon()))
    assert route.jobs.done == ["fetch"]
    route.box.clock.advance(HOUR + LEAD_SECONDS)
    asyncio.run(route.scheduler.fetch(route.soon()))
    assert len(route.jobs.done) == 1 + again


def test_work_on_the_history_delays_no_job_and_no_job_delays_it(route: Route) -> None:
    async def scenario() -> list[str]:
        threads, done = route.threads, list[str]()
        model_ends = threading.Event()
        model = asyncio.create_task(threads.run("slow", lambda: model_ends.wait(60)))
        route.jobs.go_on.clear()
        fetching = asyncio.create_task(route.scheduler.fetch(route.soon()))
        assert await asyncio.to_thread(route.jobs.begun.wait, 20)
        done.append("fetching, while a model runs")
        await threads.run("quick", lambda: done.append("a viewing is stored"))
        model_ends.set()
        await model
        await threads.run("slow", lambda: done.append("titles are ranked"))
        await threads.run_alone(lambda: done.append("a history is erased"))
        await route.scheduler.send(route.soon())
        done.append("a turn to send has come")
        assert not fetching.done()
        route.jobs.go_on.set()
        await fetching
        return done

    assert len(asyncio.run(scenario())) == 5


@pytest.mark.parametrize("job", ["fetch", "send"])
def test_what_keeps_the_stores_busy_past_a_moment_puts_no_job_off(route: Route, job: str) -> None:
    """A long erasure, or a search through all that was watched, would show otherwise."""
    if job == "send":
        let_report_wait(route.box)

    async def scenario() -> None:
        searched = threading.Event()
        search = asyncio.create_task(route.threads.run("quick", lambda: searched.wait(60)))
        turn = {"fetch": route.scheduler.fetch, "send": route.scheduler.send}[job]
        going = asyncio.create_task(turn(route.soon()))
        went = await asyncio.to_thread(route.jobs.noted.wait, 20)
        searched.set()
        assert went
        await asyncio.gather(search, going)

    asyncio.run(scenario())
    assert route.jobs.done == [job]


def test_a_box_without_a_server_goes_nowhere(tmp_path: Path) -> None:
    route = Route(tmp_path)
    route.state.config = type(route.state.config)()
    asyncio.run(route.scheduler.run())
    route.state.close()
    route.threads.close()


def test_an_update_that_is_asked_for_holds_up_nothing_and_ends_with_the_service(
    tmp_path: Path,
) -> None:
    box = AgentBox(directory=tmp_path / "box", runtime_directory=tmp_path / "run")
    jobs = NetworkJobs(box)
    jobs.go_on.clear()
    services = ServiceThread(tmp_path)
    running = services.start(box=box, jobs=jobs)
    with running.line() as waiting, running.line() as other:
        other.result("EdgeAgent.grant", {"purpose": "personalization"})
        waiting.send(b'{"jsonrpc":"2.0","id":9,"method":"EdgeAgent.updateModel"}')
        assert jobs.begun.wait(60)
        assert other.result("EdgeAgent.lastPicks") is None
        assert other.result("EdgeAgent.export")["active_profile"] == "main"
        confirm = other.result("EdgeAgent.erase", {"scope": "history"})["confirm"]
        erased = other.result("EdgeAgent.erase", {"scope": "history", "confirm": confirm})
        assert erased["receipt"]["scope"] == "history"
        assert jobs.done == []
        services.stop()
    assert jobs.done[0] == "closed"


def test_erasing_the_box_calls_off_what_is_on_its_way(tmp_path: Path) -> None:
    box = AgentBox(directory=tmp_path / "box", runtime_directory=tmp_path / "run")
    jobs = NetworkJobs(box)
    services = ServiceThread(tmp_path)
    running = services.start(box=box, jobs=jobs)
    with running.line() as client:
        confirm = client.result("EdgeAgent.erase", {"scope": "all"})["confirm"]
        assert jobs.done == []
        client.result("EdgeAgent.erase", {"scope": "all", "confirm": confirm})
        assert jobs.done == ["called off"]
    services.stop()
