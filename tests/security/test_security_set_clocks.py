"""An attacker sets the clock of a running service, in every direction, and tries to gain by it.

The service is the real one behind its socket. No setting ends a private session, lets what was
watched in one be stored, deletes anything, or brings a second draw.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, iso_utc
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.services.timekeeping.aging import GRACE_SECONDS
from edgeagent.services.timekeeping.on_time import ON_SECONDS_BETWEEN_DRAWS
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.publication import TITLE_IDS
from tests.api.running import Client, Running, ServiceThread

HOUR = 3600
REFUSALS = {-40300, -32602}
IN_1970 = 40
IN_2100 = 4_102_444_800
SETTINGS = {
    "boot in 1970, then NTP": (-1, 0),
    "back a day": (0, -DAY_SECONDS),
    "five hours forward": (0, 5 * HOUR),
    "to 2100": (0, IN_2100),
    "to 2100 and back": (0, IN_2100, 0),
    "to 1970": (0, -1),
    "to 1970 and back": (0, -1, 0),
    "to 1970, to 2100, and back": (0, -1, IN_2100, 0),
}
"""What the clock shows beyond the right time, one after the other; -1: it is in 1970, else."""


@pytest.fixture
def services(tmp_path: Path) -> Iterator[ServiceThread]:
    threads = ServiceThread(tmp_path)
    yield threads
    threads.stop()


class Attack:
    """A service, the right time, and an attacker who sets the clock."""

    def __init__(self, services: ServiceThread, *, box: AgentBox | None = None) -> None:
        self.services = services
        self.running: Running = services.start(box=box)
        self.box = self.running.box
        self.right = self.box.clock.now()

    def set_clock(self, shift: int) -> None:
        leap = {-1: IN_1970, IN_2100: IN_2100}
        self.box.clock.jump(leap.get(shift, self.right + shift))

    def live(self, seconds: int) -> None:
        self.box.clock.advance(seconds)
        self.right += seconds

    def restart(self) -> None:
        self.services.stop()
        self.running = self.services.start(box=self.box)

    def ask(self, method: str, params: object = None, *, manage: bool = True) -> Any:  # noqa: ANN401
        client: Client
        with self.running.line(manage=manage) as client:
            return client.result(method, params)

    def tell(self, title: str, moment: int | None = None) -> None:
        params = {"entityId": title}
        if moment is not None:
            params["watchedOn"] = iso_utc(moment)
        with self.running.line(manage=False) as client:
            answer = client.ask("Discovery.watched", params)
        # By 2100 a consent has lapsed, and what was in 1970 is over age: until the clock is right.
        assert answer.get("result") is True or answer["error"]["code"] in REFUSALS, answer

    def titles(self) -> set[str]:
        page = self.ask("EdgeAgent.history", {"limit": 100})
        return {viewing["entityId"] for viewing in page["viewings"]}


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_setting_of_the_clock_ends_a_private_session_or_stores_what_was_in_it(
    services: ServiceThread, setting: str
) -> None:
    attack = Attack(services)
    first, *later = SETTINGS[setting]
    attack.ask("EdgeAgent.grant", {"purpose": "history"})
    attack.set_clock(first)
    attack.tell("f:before")
    attack.live(HOUR)
    shown: list[int] = []

    def watch_privately() -> None:
        attack.live(600)
        assert attack.ask("EdgeAgent.privateSession")["on"]
        attack.tell("f:private")
        shown.extend((attack.right, attack.box.clock.now()))
        attack.live(600)

    attack.ask("EdgeAgent.startPrivateSession", {"minutes": 300})
    watch_privately()
    for shift in later:
        attack.set_clock(shift)
        watch_privately()
        attack.restart()
        watch_privately()
    attack.ask("EdgeAgent.stopPrivateSession")
    attack.live(HOUR)
    # Told afterwards, by every clock there was, whatever the clock is set to by then.
    for shift in (*later, first, 0):
        attack.set_clock(shift)
        for moment in shown:
            attack.tell("f:private", moment)
        attack.tell("f:public")
    attack.set_clock(0)
    with attack.box.open() as agent:
        agent.retention.keep_time()
        kept = {viewing.entity_id for viewing in agent._home.history.window("main")}
    assert kept == {"f:before", "f:public"}


def test_the_length_of_a_private_session_is_real_time_under_every_clock(
    services: ServiceThread,
) -> None:
    attack = Attack(services)
    attack.ask("EdgeAgent.startPrivateSession", {"minutes": 60})
    for shift in (-1, IN_2100, -DAY_SECONDS, 5 * HOUR):
        attack.set_clock(shift)
        attack.box.clock.stand(14 * 60)
        assert attack.ask("EdgeAgent.privateSession")["on"]
    attack.box.clock.stand(4 * 60)
    assert not attack.ask("EdgeAgent.privateSession")["on"]


@pytest.mark.parametrize("vouched", [False, True])
@pytest.mark.parametrize(
    "shift", [-1, IN_2100, -DAY_SECONDS, 80 * DAY_SECONDS, 3 * 365 * DAY_SECONDS]
)
def test_no_setting_of_the_clock_deletes_a_viewing(
    services: ServiceThread, shift: int, *, vouched: bool
) -> None:
    attack = Attack(services)
    if vouched:
        with attack.box.open() as agent:
            attack.box.update(agent)
    attack.ask("EdgeAgent.grant", {"purpose": "history"})
    for day in range(0, 80, 20):
        attack.tell(TITLE_IDS[0], attack.right - day * DAY_SECONDS)
    with attack.box.open() as agent:
        agent.housekeeping()
        for _ in range(3):
            attack.set_clock(shift)
            attack.box.clock.stand(GRACE_SECONDS // 8)
            agent.housekeeping()
            attack.set_clock(0)
            agent.housekeeping()
        assert agent._home.history.count("main") == 4


def test_a_replayed_server_and_a_clock_that_follows_it_farm_no_second_draw(
    tmp_path: Path,
) -> None:
    box = AgentBox(
        directory=tmp_path / "home",
        runtime_directory=tmp_path / "run",
        config=Config(server_url="https://scripted.example", retention_days=365),
    )
    drawn: list[int] = []
    with box.open() as agent:
        for purpose in (Purpose.HISTORY, Purpose.REPORTING):
            agent.grant(purpose)

        def leap(*, on_seconds: int) -> None:
            """A quarter in no time, a week at a time, each with a timestamp signed for it."""
            for _ in range(13):
                box.clock.jump(box.clock.now() + WEEK_SECONDS)
                box.clock.stand(on_seconds / 13)
                box.update(agent)
                if agent.close_week().outcome == "drawn":
                    drawn.append(len(drawn))
            box.clock.reboot()

        for _ in range(6):
            leap(on_seconds=15 * 60)
        assert drawn == []
        box.clock.stand(ON_SECONDS_BETWEEN_DRAWS)
        for _ in range(6):
            leap(on_seconds=15 * 60)
        assert len(drawn) == 1


def test_restarts_and_power_cuts_count_no_hour_twice(tmp_path: Path) -> None:
    box = AgentBox(directory=tmp_path / "home", runtime_directory=tmp_path / "run")
    for _ in range(50):
        with box.open() as agent:
            box.clock.stand(2 * HOUR)
            agent.retention.on_time.note()
            agent.retention.on_time.note(stopping=True)
        with box.open() as agent:
            agent.retention.on_time.note()
        box.clock.reboot()
    with box.open() as agent:
        assert agent.retention.on_time.seconds() == 100 * HOUR
