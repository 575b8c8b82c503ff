"""Housekeeping: what is due is done, whatever the clock does, and waits while it would disturb."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pytest

from edgeagent.api.call import Outside, ServiceState
from edgeagent.api.confirmations import Confirmations
from edgeagent.api.events import QUARTER_ENDED
from edgeagent.api.process.housekeeper import Housekeeper
from edgeagent.api.process.network_scheduler import NetworkScheduler
from edgeagent.api.process.timetable import LEAD_SECONDS
from edgeagent.api.process.week_closer import Closer
from edgeagent.api.schedule import Schedule
from edgeagent.api.transport.subscriptions import Listener, Subscriptions
from edgeagent.api.worker_threads import WorkerThreads
from edgeagent.clock import DAY_SECONDS
from edgeagent.config import ServiceConfig
from edgeagent.consent import Purpose
from edgeagent.errors import DiskFull, InputError, ModelError
from edgeagent.messages import WatchEvent
from edgeagent.services.household.retention import UNMATCHED_DAYS
from edgeagent.services.timekeeping.counting_frame import COUNT_SECONDS
from edgeagent.services.upkeep.box_erasure import erase_box
from edgeagent.services.upkeep.erasure import ErasureReceipt
from edgeagent.services.upkeep.key_management import configured_provider
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.randomness import SeededRandomSource
from tests.api.running import InProcess, quiet

HOUR = 3600


@dataclass(kw_only=True)
class House:
    """A housekeeper and a scheduler, and what they told."""

    box: AgentBox
    state: ServiceState
    jobs: InProcess
    round: Callable[[], None]
    """What the housekeeper does at one look."""
    fetch: Callable[[], None]
    send: Callable[[], None]
    """What the scheduler does at the next moment."""
    close: Callable[[], None]
    """What the closer does."""
    statuses: list[str]
    told: list[bytes] = field(default_factory=list)
    seen_in_frame: list[tuple[int, int]] = field(default_factory=list)
    """Disclosures and tidings of them when a count was done and its frame was not over."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    box = AgentBox(directory=tmp_path / "box", runtime_directory=tmp_path / "run")
    jobs, threads, subscriptions = InProcess(box), WorkerThreads(), Subscriptions()
    outside = Outside(
        open_agent=box.open,
        erase_box=_no_erasing,
        jobs=jobs,
        look=quiet(box.clock),
        clock=box.clock,
    )
    confirmations = Confirmations(clock=box.clock, random=SeededRandomSource("house"))
    state = ServiceState(outside, config=box.config, confirmations=confirmations)
    statuses: list[str] = []
    told: list[bytes] = []
    seen_in_frame: list[tuple[int, int]] = []

    async def count_is_done(seconds: float) -> None:
        """Stand for the minute in which the slow thread counts."""
        assert seconds == COUNT_SECONDS
        await threads.run("slow", lambda: None)
        tidings = sum(b"onDisclosuresChanged" in line for line in told)
        seen_in_frame.append((len(state.agent.disclosures()), tidings))

    keeper = Housekeeper(
        state,
        threads=threads,
        subscriptions=subscriptions,
        schedule=Schedule(ServiceConfig()),
        look=outside.look,
        status=statuses.append,
    )
    closer = Closer(
        state,
        threads=threads,
        subscriptions=subscriptions,
        random=SeededRandomSource("weeks"),
        pause=count_is_done,
    )
    scheduler = NetworkScheduler(
        state,
        threads=threads,
        subscriptions=subscriptions,
        random=SeededRandomSource("moments"),
        fetched=lambda: statuses.append("fetched"),
    )

    def soon() -> int:
        return int(box.clock.boot_seconds()) + LEAD_SECONDS

    listener = Listener(send=told.append, version=2)
    for event in ("History", "Disclosures", "Model", "PrivateSession", "Consent"):
        listener.listen(f"EdgeAgent.on{event}Changed", 1, on=True)
    listener.listen(QUARTER_ENDED, 1, on=True)
    subscriptions.add(listener)
    yield House(
        box=box,
        state=state,
        jobs=jobs,
        round=lambda: asyncio.run(keeper.round()),
        fetch=lambda: asyncio.run(scheduler.fetch(soon())),
        send=lambda: asyncio.run(scheduler.send(soon())),
        close=lambda: asyncio.run(closer.close(int(box.clock.boot_seconds()))),
        statuses=statuses,
        told=told,
        seen_in_frame=seen_in_frame,
    )
    state.close()
    threads.close()


def _no_erasing(reason: str) -> ErasureReceipt:
    raise NotImplementedError(reason)


def test_a_new_box_fetches_a_model_which_is_tried_and_used_at_the_next_look(house: House) -> None:
    house.fetch()
    assert house.jobs.done == ["fetch"]
    assert house.state.clock.is_known()
    assert house.state.agent.installation().current is None
    assert house.told == []
    house.round()
    assert house.state.agent.installation().current is not None
    assert b"onModelChanged" in house.told[-1]
    house.box.clock.advance(DAY_SECONDS)
    house.round()
    assert house.jobs.done == ["fetch"]


def test_a_reporting_week_is_closed_and_its_report_sent(house: House) -> None:
    house.fetch()
    for purpose in (Purpose.HISTORY, Purpose.REPORTING):
        house.state.agent.grant(purpose)
    house.box.clock.set(house.box.end_of_reporting_week(house.state.agent))
    house.round()
    assert house.seen_in_frame == []
    house.close()
    (waiting,) = house.state.agent._home.ledger.outbox()
    house.send()
    assert "send" not in house.jobs.done
    house.box.clock.set(waiting.next_attempt_at)
    house.round()
    assert "send" not in house.jobs.done
    house.send()
    assert "send" in house.jobs.done
    assert house.state.agent._home.ledger.outbox() == ()
    assert sum(b"onDisclosuresChanged" in told for told in house.told) == 2


def test_the_end_of_a_quarter_is_told_once(house: House) -> None:
    house.fetch()
    house.round()
    assert not any(b"onQuarterEnded" in told for told in house.told)
    house.box.clock.advance(92 * DAY_SECONDS)
    house.fetch()
    house.round()
    house.box.clock.advance(DAY_SECONDS)
    house.round()
    assert sum(b"onQuarterEnded" in told for told in house.told) == 1
    assert house.state.agent.reports.quarter_pages.is_new()


def test_a_week_that_cannot_be_closed_ends_nothing_and_is_looked_at_again(house: House) -> None:
    house.fetch()
    for purpose in (Purpose.HISTORY, Purpose.REPORTING):
        house.state.agent.grant(purpose)
    house.box.clock.set(house.box.end_of_reporting_week(house.state.agent))
    reports = house.state.agent.reports

    def fail() -> NoReturn:
        raise DiskFull("no room", hint="this is a test")

    open_week, reports.open_week = reports.open_week, fail  # type: ignore[method-assign]
    house.close()
    reports.open_week = open_week  # type: ignore[method-assign]
    house.close()
    assert house.state.agent.disclosures() == ()
    house.box.clock.advance(6 * HOUR)
    house.close()
    assert len(house.state.agent.disclosures()) == 1


def test_a_report_is_booked_and_told_of_when_the_frame_is_over_and_not_before(
    house: House,
) -> None:
    house.fetch()
    for purpose in (Purpose.HISTORY, Purpose.REPORTING):
        house.state.agent.grant(purpose)
    house.box.clock.set(house.box.end_of_reporting_week(house.state.agent))
    house.round()
    assert house.seen_in_frame == []
    house.close()
    assert house.seen_in_frame == [(0, 0)]
    assert len(house.state.agent.disclosures()) == 1
    assert sum(b"onDisclosuresChanged" in told for told in house.told) == 1


def test_viewings_go_when_their_time_is_over_and_unknown_titles_sooner(house: House) -> None:
    house.fetch()
    house.round()
    house.state.agent.grant(Purpose.HISTORY)
    now = house.box.clock.now()
    events = [WatchEvent(entity_id=name, watched_on=now) for name in ("t:01", "ahead:1")]
    house.state.agent.record_watch(events, keep_unknown=True)
    # What was fetched vouches for the time.
    for days, left in ((UNMATCHED_DAYS - 1, 2), (2, 1), (58, 1), (2, 0)):
        house.box.clock.advance(days * DAY_SECONDS)
        house.round()
        assert house.state.agent._home.history.count("main") == left
    assert house.state.agent._home.history.oldest("main") is None
    assert sum(b"onHistoryChanged" in told for told in house.told) == 2


def test_an_unknown_title_that_is_watched_again_stays(house: House) -> None:
    house.fetch()
    house.round()
    house.state.agent.grant(Purpose.HISTORY)
    for _ in range(3):
        event = WatchEvent(entity_id="ahead:1", watched_on=house.box.clock.now())
        house.state.agent.record_watch(event, keep_unknown=True)
        house.box.clock.advance((UNMATCHED_DAYS - 1) * DAY_SECONDS)
        house.round()
    assert house.state.agent._home.history.count("main") == 3


def test_the_end_of_a_private_session_is_told(house: House) -> None:
    house.state.agent.private.start(10)
    house.round()
    house.box.clock.advance(601)
    house.round()
    assert sum(b"onPrivateSessionChanged" in told for told in house.told) == 1


def test_systemd_is_told_of_chores_while_they_last(house: House) -> None:
    house.fetch()
    assert house.statuses.pop() == "fetched"
    house.round()
    chores = [f"serving; housekeeping: {chore}" for chore in ("tidy", "try a model")]
    assert house.statuses[::2] == chores
    assert set(house.statuses[1::2]) == {"serving"}


def test_what_another_process_decides_is_told(house: House) -> None:
    house.round()
    with house.box.open() as another:
        another.grant(Purpose.HISTORY)
    house.round()
    assert any(b"onConsentChanged" in told for told in house.told)


def test_nothing_is_written_while_nothing_is_due(house: House) -> None:
    house.round()

    def files() -> dict[str, tuple[int, int]]:
        found = [path for path in house.box.directory.rglob("*") if path.is_file()]
        return {str(p): (p.stat().st_mtime_ns, p.stat().st_size) for p in found}

    before = files()
    for _ in range(100):
        house.box.clock.advance(60)
        house.round()
    assert files() == before


def test_a_model_that_cannot_be_tried_is_tried_again_after_an_hour(house: House) -> None:
    scorer = house.box.scorer

    def fail(*_: object, **__: object) -> None:
        raise ModelError("no memory for the child", hint="this is a test")

    house.fetch()
    verify, scorer.verify = scorer.verify, fail  # type: ignore[method-assign]
    house.round()
    assert house.state.agent.installation().current is None
    scorer.verify = verify  # type: ignore[method-assign]
    house.box.clock.advance(HOUR - 1)
    house.round()
    assert house.state.agent.installation().current is None
    house.box.clock.advance(1)
    house.round()
    assert house.state.agent.installation().current is not None
    assert house.jobs.done == ["fetch"]


def test_an_idle_service_gives_memory_back_once_and_goes_on(house: House) -> None:
    rests = []
    house.state.rest = lambda: rests.append(house.state.calls)  # type: ignore[method-assign]
    house.round()
    assert rests == []
    house.round()
    house.round()
    assert rests == [0]
    house.state.calls += 1
    house.round()
    house.round()
    assert rests == [0, 1]
    house.box.clock.advance(DAY_SECONDS)  # chores are due, and load what they need
    house.round()
    house.round()
    assert rests == [0, 1, 1]


def test_a_rest_that_fails_is_not_the_last_round(house: House) -> None:
    def fail() -> None:
        raise MemoryError

    rest, house.state.rest = house.state.rest, fail  # type: ignore[method-assign]
    house.round()
    house.round()
    house.state.rest = rest  # type: ignore[method-assign]
    house.fetch()
    house.round()
    assert house.state.agent.installation().current is not None


def test_titles_are_there_again_after_a_rest(house: House) -> None:
    house.fetch()
    house.round()
    assert house.state.agent.titles.find("t:01")
    house.state.rest()
    assert house.state.agent.titles.find("t:01")
    assert house.state.agent._home.history.profiles()


def test_how_long_the_box_is_on_is_noted_in_time_and_at_the_end(house: House) -> None:
    def noted() -> bytes | None:
        return house.state.agent._home.ledger.state("on_time")

    house.round()
    before = noted()
    house.box.clock.advance(6 * HOUR - 1)
    house.round()
    assert noted() == before
    house.box.clock.advance(1)
    house.round()
    assert noted() != before
    on_seconds = house.state.agent.retention.on_time.seconds()
    house.box.clock.advance(600)
    house.state.close()
    house.box.clock.reboot()
    with house.box.open() as agent:
        assert agent.retention.on_time.seconds() == on_seconds + 600


def test_an_idle_service_lets_go_of_a_box_that_another_process_has_erased(house: House) -> None:
    old = house.state.agent
    old.grant(Purpose.HISTORY)
    house.round()
    house.told.clear()
    provider = configured_provider(house.box.directory, house.box.config)
    erase_box(house.box.directory, provider=provider, now=house.box.clock.now())
    house.round()
    assert house.state.agent is not old
    assert not house.state.agent.gate.holds(Purpose.HISTORY, profile="main")
    told = b"".join(house.told)
    assert b"onHistoryChanged" in told
    assert b"onConsentChanged" in told
    with pytest.raises(InputError, match="has been closed"):
        old._home.ledger.check()


def test_a_new_box_that_does_not_open_is_tried_again(house: House) -> None:
    provider = configured_provider(house.box.directory, house.box.config)
    erase_box(house.box.directory, provider=provider, now=house.box.clock.now())
    house.box.directory.rmdir()
    house.box.directory.write_bytes(b"")  # no directory can be made in its place
    house.round()
    assert house.state.is_gone()
    house.box.directory.unlink()
    house.round()
    assert not house.state.is_gone()
