"""Farming by reset: no clock, however it is set, makes a reset box report early.

Each attack erases a box or begins with a new one, lies with the system clock as it likes, and lets
the server vouch honestly for the real time. Nothing may leave about a week that began less than 13
whole weeks after the real moment at which the server first vouched, or before the consent to it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, week_of, week_start
from edgeagent.config import Config
from edgeagent.consent import CONSENT_LIFETIME_SECONDS, Purpose
from edgeagent.messages import WatchEvent
from edgeagent.services.models.installation import InstallationStore
from edgeagent.services.timekeeping.device_clock import BUILD_TIME, TimeEvidence
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.publication import TITLE_IDS

SILENT_WEEKS = 13
LIFETIME_SECONDS = 30 * DAY_SECONDS
"""Of a timestamp, as publishers sign it by default."""
BEGINNING = week_start(2960) + 2 * DAY_SECONDS + 3600
"""The real time at which an attack begins: a Wednesday."""
CLOCKS = {
    "1970": 3600,
    "after the build": BUILD_TIME + 40 * DAY_SECONDS,
    "half a year back": BEGINNING - 26 * WEEK_SECONDS,
    "2100": 4_102_444_800,
    "right": BEGINNING,
}
BOTH = (Purpose.HISTORY, Purpose.REPORTING)


class World:
    """A box, the real time, and a server that is honest about it."""

    def __init__(self, directory: Path) -> None:
        self.box = AgentBox(
            directory=directory / "home",
            runtime_directory=directory / "run",
            config=Config(server_url="https://scripted.example", retention_days=365),
        )
        self.now = self._stood = BEGINNING

    def set_clock(self, moment: int) -> None:
        """Set the clock of the box; its boot time is the real one, whatever anybody sets."""
        self.box.clock.stand(max(0, self.now - self._stood))
        self._stood = self.now
        self.box.clock.jump(moment)

    def update(self, agent: Agent) -> None:
        """Fetch what the server signed this morning."""
        self.box.update(
            agent,
            issued_at=self.now - 6 * 3600,
            vouched_until=self.now - 6 * 3600 + LIFETIME_SECONDS,
        )

    def restart(self) -> Agent:
        return self.box.open()

    def erase(self) -> None:
        shutil.rmtree(self.box.directory, ignore_errors=True)

    def live(self, agent: Agent, weeks: int) -> int:
        """Let that many real weeks pass with a right clock; return how many reports are drawn."""
        drawn = 0
        for _ in range(weeks):
            self.set_clock(self.now)
            self.update(agent)
            drawn += agent.close_week().outcome == "drawn"
            self.now += WEEK_SECONDS
        self.set_clock(self.now)
        return drawn


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def grant(agent: Agent) -> None:
    for purpose in BOTH:
        agent.grant(purpose)


@pytest.mark.parametrize("lie", CLOCKS)
@pytest.mark.parametrize("also_update", [False, True])
def test_a_reset_box_is_silent_for_13_weeks_whatever_its_clock_said(
    world: World, lie: str, *, also_update: bool
) -> None:
    world.set_clock(CLOCKS[lie])
    with world.restart() as agent:
        grant(agent)
        agent.record_watch(WatchEvent(entity_id=TITLE_IDS[0], watched_on=BEGINNING - DAY_SECONDS))
        if also_update:
            world.update(agent)
            assert agent.close_week().outcome == "silent"
    world.set_clock(world.now)
    with world.restart() as agent:
        assert agent.close_week().outcome == "silent"
        world.update(agent)
        assert world.live(agent, SILENT_WEEKS + 1) == 0
        if lie == "after the build":  # a date that looks right, and is over two years old
            assert not agent.gate.holds(Purpose.REPORTING, profile="main")
        else:
            assert world.live(agent, SILENT_WEEKS + 1) == 1
            (report,) = agent.disclosures()
            assert report.week > week_of(BEGINNING) + SILENT_WEEKS


def test_the_same_at_every_boot_earns_nothing(world: World) -> None:
    for _ in range(6):
        world.erase()
        world.set_clock(CLOCKS["1970"])
        with world.restart() as agent:
            grant(agent)
            world.update(agent)
        world.set_clock(world.now)
        with world.restart() as agent:
            world.update(agent)
            assert agent.close_week().outcome == "silent"
            assert agent.disclosures() == ()
        world.now += 3 * WEEK_SECONDS


def test_a_box_without_a_clock_reports_in_the_end(world: World) -> None:
    """It boots in 1970 twice a week, gets the time after a minute, and updates."""
    drawn = 0
    for evening in range(2 * 28):
        world.set_clock(evening % 60)
        with world.restart() as agent:
            if evening == 0:
                grant(agent)
            assert agent.gate.holds(Purpose.HISTORY, profile="main")
            assert agent.close_week().outcome == "silent"
            world.set_clock(world.now)
            world.update(agent)
            drawn += agent.close_week().outcome == "drawn"
        world.now += WEEK_SECONDS // 2
    assert drawn == 1


@pytest.mark.parametrize("lie", ["1970", "after the build", "half a year back"])
@pytest.mark.parametrize("also_update", [False, True])
def test_a_consent_under_a_wrong_clock_does_not_reach_back(
    world: World, lie: str, *, also_update: bool
) -> None:
    """An old box was off for half a year; its new consent is as old as the time it learns next."""
    world.now -= 26 * WEEK_SECONDS
    world.set_clock(world.now)
    with world.restart() as agent:
        agent.grant(Purpose.HISTORY)
        assert world.live(agent, SILENT_WEEKS + 1) == 0
        week = agent._home.ledger.calendar(now=world.now).next(week_of(BEGINNING))
    world.now = week_start(week) + 2 * DAY_SECONDS  # in a reporting week, and after its beginning
    world.set_clock(CLOCKS[lie])
    with world.restart() as agent:
        agent.grant(Purpose.REPORTING)
        if also_update:
            world.update(agent)
    with world.restart() as agent:
        assert world.live(agent, 2) == 0
        assert week not in agent._home.ledger.closed_weeks()
        assert world.live(agent, SILENT_WEEKS) == 1  # the next one it held for


def test_a_consent_of_1970_lasts_two_years_from_when_the_time_was_known(world: World) -> None:
    world.now = BUILD_TIME + CONSENT_LIFETIME_SECONDS + 100 * DAY_SECONDS
    world.set_clock(CLOCKS["1970"])
    with world.restart() as agent:
        grant(agent)
        (history, *_) = agent.consent()
        assert history.expires_at is None
    world.set_clock(world.now)
    with world.restart() as agent:
        assert agent.gate.holds(Purpose.HISTORY, profile="main")  # before the first update too
        assert agent.consent_receipt().records[0].event_state == "given"
        world.update(agent)
        (history, *_) = agent.consent()
        assert history.expires_at == world.now + CONSENT_LIFETIME_SECONDS
        world.set_clock(world.now + CONSENT_LIFETIME_SECONDS)
        assert not agent.gate.holds(Purpose.HISTORY, profile="main")
        assert agent.consent_receipt().records[0].event_state == "expired"


def test_a_consent_of_2100_does_not_last_until_2102(world: World) -> None:
    world.set_clock(CLOCKS["2100"])
    with world.restart() as agent:
        grant(agent)
    world.set_clock(world.now)
    with world.restart() as agent:
        world.update(agent)
        (history, *_) = agent.consent()
        assert history.expires_at == world.now + CONSENT_LIFETIME_SECONDS


def test_forgetting_when_it_was_last_changes_no_date(world: World) -> None:
    """The evidence of the time is lost and the clock set back: the chain remembers."""
    world.set_clock(world.now)
    with world.restart() as agent:
        grant(agent)
        world.update(agent)
        first = agent._home.ledger.calendar(now=world.now).first_week
        InstallationStore(agent._home.ledger, world.box.directory / "models").update(
            time=TimeEvidence()
        )
    with world.restart() as agent:
        agent.withdraw(Purpose.REPORTING)
        agent.grant(Purpose.REPORTING)
        world.set_clock(CLOCKS["half a year back"])
        world.box.update(agent, issued_at=0, vouched_until=world.now)  # an old timestamp again
        (reporting,) = [
            dated
            for dated in agent._home.ledger.dated_consents("main")[-1:]
            if dated.record.purpose is Purpose.REPORTING
        ]
        assert reporting.known_at is None
        assert agent._home.ledger.calendar(now=world.now).first_week == first


def test_an_imported_box_brings_no_consent_and_no_time(world: World, tmp_path: Path) -> None:
    world.set_clock(world.now)
    with world.restart() as agent:
        grant(agent)
        world.update(agent)
        exported = agent.portability.export()
    (tmp_path / "later").mkdir()
    later = World(tmp_path / "later")
    later.now = BEGINNING + 40 * WEEK_SECONDS
    later.set_clock(later.now)
    with later.restart() as agent:
        agent.grant(Purpose.HISTORY)
        agent.portability.import_(exported)
        agent.grant(Purpose.REPORTING)
        later.update(agent)
        assert later.live(agent, SILENT_WEEKS + 1) == 0


def test_a_timestamp_that_does_not_say_when_it_was_signed_vouches_for_nothing(
    world: World,
) -> None:
    world.set_clock(world.now)
    with world.restart() as agent:
        grant(agent)
        expires = world.now + LIFETIME_SECONDS
        world.box.update(agent, issued_at=expires, vouched_until=expires)
        assert agent._home.ledger.dated_consents("main")[0].known_at is None
        assert "the time is not known" in agent.close_week().reason
