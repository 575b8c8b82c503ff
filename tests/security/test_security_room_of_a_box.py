"""A full disk and a read-only home, at each thing a box does: an error with a way out, no loss."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.errors import DiskFull
from edgeagent.messages import WatchEvent
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.publication import TITLE_IDS
from edgeagent.testing.transport import ScriptedTransport
from tests.security.disk import fill
from tests.security.plain_box import held_by


@pytest.fixture
def box(small_disk: Path, tmp_path: Path) -> AgentBox:
    """A box on a file system of 1 MiB, with a report that waits to be sent."""
    made = AgentBox(
        directory=small_disk / "home",
        runtime_directory=tmp_path / "run",
        config=Config(server_url="https://scripted.example", retention_days=365),
    )
    with made.open() as agent:
        for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING):
            agent.grant(purpose)
        made.clock.set(made.end_of_reporting_week(agent))
        made.update(agent, vouched_until=made.clock.now() + 365 * DAY_SECONDS)
        agent.record_watch(WatchEvent(entity_id=TITLE_IDS[1], watched_on=made.clock.now()))
        assert agent.close_week().outcome == "drawn"
        made.clock.advance(5 * DAY_SECONDS)
    return made


@pytest.fixture
def full(box: AgentBox, small_disk: Path) -> Iterator[tuple[AgentBox, Agent, Path]]:
    """The box, opened, and then not a byte of room."""
    with box.open() as agent:
        assert held_by(agent).watched
        yield box, agent, fill(small_disk)


def _record(box: AgentBox, agent: Agent) -> object:
    now = box.clock.now()
    return agent.record_watch(
        [
            WatchEvent(entity_id=entity_id, watched_on=now - number * DAY_SECONDS)
            for entity_id in TITLE_IDS
            for number in range(20)
        ]
    ).stored


def _grant(box: AgentBox, agent: Agent) -> object:
    del box
    return agent.grant(Purpose.PROMOTION).event


def _withdraw(box: AgentBox, agent: Agent) -> object:
    del box
    return agent.withdraw(Purpose.PERSONALIZATION).event


def _recommend(box: AgentBox, agent: Agent) -> object:
    del box
    return len(agent.recommend().picks)


def _close_week(box: AgentBox, agent: Agent) -> object:
    box.clock.set(box.end_of_reporting_week(agent, cycle=1))
    return agent.close_week().outcome


def _send(box: AgentBox, agent: Agent) -> object:
    del box
    return [sending.outcome for sending in agent.send_reports()]


def _update(box: AgentBox, agent: Agent) -> object:
    return box.update(agent).model_version


def _create_profile(box: AgentBox, agent: Agent) -> object:
    del box
    return agent.household.create("Ada", kind="adult").name


ACTS: dict[Callable[[AgentBox, Agent], object], object] = {
    _record: 800,
    _grant: "given",
    _withdraw: "withdrawn",
    _recommend: 1,
    _close_week: "drawn",
    _send: ["accepted"],
    _update: "1",
    _create_profile: "Ada",
}
"""What a box does, and what it answers when there is room."""


@pytest.mark.parametrize("act", ACTS)
def test_a_full_disk_is_one_line_with_a_way_out_and_loses_nothing(
    full: tuple[AgentBox, Agent, Path], act: Callable[[AgentBox, Agent], object]
) -> None:
    box, agent, filler = full
    before = held_by(agent), agent.disclosures(), agent._home.ledger.outbox()
    with pytest.raises(DiskFull) as caught:
        act(box, agent)
    assert "free space" in caught.value.hint
    assert "\n" not in str(caught.value)
    assert isinstance(box.transport, ScriptedTransport)
    assert box.transport.bodies == []  # nothing leaves that could not be booked
    agent._home.ledger.check()
    assert (held_by(agent), agent.disclosures(), agent._home.ledger.outbox()) == before
    filler.unlink()
    assert act(box, agent) == ACTS[act]  # without so much as a restart
    agent._home.ledger.check()


@pytest.mark.parametrize("act", ACTS)
def test_after_a_full_disk_and_a_restart_everything_is_there(
    box: AgentBox, small_disk: Path, act: Callable[[AgentBox, Agent], object]
) -> None:
    with box.open() as agent:
        before = held_by(agent), agent.disclosures(), agent._home.ledger.outbox()
        filler = fill(small_disk)
        with pytest.raises(DiskFull):
            act(box, agent)
    filler.unlink()
    with box.open() as agent:
        agent._home.ledger.check()
        assert (held_by(agent), agent.disclosures(), agent._home.ledger.outbox()) == before
        assert act(box, agent) == ACTS[act]


@pytest.mark.parametrize("act", ACTS)
def test_a_read_only_home_is_one_line_with_a_way_out(
    box: AgentBox, small_disk: Path, act: Callable[[AgentBox, Agent], object]
) -> None:
    mount = shutil.which("mount") or ""
    subprocess.run([mount, "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(DiskFull) as caught, box.open() as agent:
        act(box, agent)
    assert "make it writable" in caught.value.hint
    assert "\n" not in str(caught.value)
    subprocess.run([mount, "-o", "remount,rw", str(small_disk)], check=True)
    with box.open() as agent:
        agent._home.ledger.check()
        assert act(box, agent) == ACTS[act]


def _watch_one(box: AgentBox, agent: Agent) -> None:
    box.clock.advance(1)
    if box.clock.now() % 50 == 0:
        agent.grant(Purpose.PROMOTION)
    agent.record_watch(WatchEvent(entity_id=TITLE_IDS[0], watched_on=box.clock.now()))


def test_a_disk_that_is_always_nearly_full_ends_in_no_wrong_state(
    box: AgentBox, small_disk: Path
) -> None:
    """Work until there is no room, make some, and again: whatever was acknowledged is there."""
    filler = small_disk / "filler"
    filler.write_bytes(bytes(256 * 1024))
    stored = 0
    for _ in range(3):
        with box.open() as agent:
            stored = len(held_by(agent).watched)
            with pytest.raises(DiskFull):  # noqa: PT012  (which of them fails is not known)
                for _ in range(100_000):
                    _watch_one(box, agent)
                    stored += 1
        with box.open() as agent:
            agent._home.ledger.check()
            assert len(held_by(agent).watched) == stored
        filler.write_bytes(bytes(128 * 1024))
        box.clock.advance(WEEK_SECONDS)
