"""Everything that can happen to one box, in an order drawn from a seed."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS, HOUR_SECONDS, week_of
from edgeagent.config import Config
from edgeagent.simulator.plan import START
from edgeagent.testing.randomness import SeededRandomSource
from tests.security.plain_box import held_by
from tests.soak.agreement import export_differences
from tests.soak.box import RunningBox, SoakBox
from tests.soak.household import Told, Wrong
from tests.soak.kills import CommitImage
from tests.soak.model import Expected
from tests.soak.server import Press, SoakServer

__all__ = ["Fault", "World", "missing"]

Fault = Callable[[Agent], None]
_NO_LIMIT_PAGES = 1 << 30
_POSTED = "kill after a report was posted"
_ALSO = (
    "evening",
    "model taken",
    "viewing in a private session",
    "viewing refused by a full disk",
    "kill at a commit",
)
"""What comes of what happens, counted apart: a life in which one is missing has shown less."""
_ALL_AFTER_DAYS = 30
_POSTED_AFTER_DAYS = 365
"""A report is drawn every 13 weeks, if its week was one of consent and without hindrance."""


def missing(happened: Mapping[str, int], *, days: int) -> list[str]:
    """Return what never happened in a life that was long enough for it."""
    return [
        what
        for what, number in happened.items()
        if not number and days >= (_POSTED_AFTER_DAYS if what == _POSTED else _ALL_AFTER_DAYS)
    ]


class World:
    """One box, its household and its server, and everything that can happen to them."""

    def __init__(
        self, directory: Path, press: Press, *, seed: str, fault: Fault = lambda _: None
    ) -> None:
        """Live below ``directory``, with what ``press`` publishes on its clock.

        ``fault`` is planted into the agent at every start.
        """
        self.press, self._fault = press, fault
        self.clock = press.clock
        self.random = SeededRandomSource(f"soak {seed}")
        self.server = SoakServer(press.repository, directory / "reports.db", self.clock)
        self.box = SoakBox(
            home=directory / "home",
            runtime=directory / "run",
            clock=self.clock,
            config=Config(
                server_url=self.server.url, trusted_root=str(press.repository / "root.json")
            ),
            random=SeededRandomSource(f"soak box {seed}"),
        )
        self.running = RunningBox(self.box)
        self.expected = Expected()
        films = [one.entity_id for one in press.log.titles if one.kind == "film"]
        self.people = Told(self.running, self.expected, titles=films, random=self.random)
        self._image = CommitImage(self.box.home)
        self._happened = Counter[str]()
        self.wrong: list[str] = []
        self._deck: list[str] = []
        self._promos = 0
        self.repaired_at = 0
        self.dated_at = 0
        """When the clock has passed the time that an update saw while it was ahead; until then the
        box goes by that time, and viewings wait for their dates."""
        self._sent_twice = set[int]()

    def happen(self) -> None:
        """Let the next thing happen; all happen before one happens again, in another order.

        Consents change twice: so much follows from them.
        """
        things = self._things()
        if not self._deck:
            names = ["consent change", *things]
            while names:
                self._deck.append(names.pop(self.random.below(len(names))))
        name = self._deck.pop()
        self.count(name, things[name]() is not False)

    def _things(self) -> dict[str, Callable[[], bool | None]]:
        """Return what can happen; false: it came to nothing this time."""
        return {
            "binge": lambda: self.people.watch(12, seconds=1200),
            "private session": self.people.watch_privately,
            "profile change": self.people.change_profiles,
            "consent change": self._turn_consent,
            "title forgotten": self.people.forget,
            "new model": lambda: self.publish(another_model=True),
            "update asked for": self._update,
            "rollback": self._roll_back,
            "new promos": self._new_promos,
            "outage": self._outage,
            "dripping server": self._drip,
            "kill": self._kill,
            "kill in housekeeping": self._kill_at_work,
            "power cut": self._power_cut,
            "clock ahead": lambda: self._wrong_clock(12 * HOUR_SECONDS),
            "clock behind": lambda: self._wrong_clock(-12 * HOUR_SECONDS),
            "full disk": self._full_disk,
            "language change": self._change_language,
            "export": self._export,
        }

    def count(self, what: str, number: int = 1) -> None:
        """Count what happened, or came of it."""
        self._happened[what] += number

    def counted(self) -> dict[str, int]:
        """Return how often everything happened."""
        happened = self._happened | Counter(
            {
                "viewing in a private session": self.expected.ignored,
                "viewing refused by a full disk": self.people.refused,
            }
        )
        return {what: happened[what] for what in sorted({*self._things(), *_ALSO, _POSTED})}

    def today(self) -> str:
        """Name the day."""
        return f"day of {(self.clock.now() - START) // DAY_SECONDS}"

    # One by one

    def _turn_consent(self) -> None:
        self.people.turn_consent(language=self.box.config.language)

    def _update(self) -> bool:
        if self.server.is_up:
            self.people.ask("EdgeAgent.updateModel")
        return self.server.is_up

    def _roll_back(self) -> bool:
        # There may be no model before.
        return not self.people.is_refused("EdgeAgent.rollbackModel")

    def _new_promos(self) -> None:
        self._promos += 1
        self.press.publish_promos(self._promos)

    def publish(self, *, another_model: bool) -> None:
        """Publish, and let the server know."""
        self.press.publish(another_model=another_model)
        if self.server.is_up:
            self.server.start()  # it reads its tasks when it starts

    def _outage(self) -> bool:
        self.server.stop()
        self._break_until_tomorrow()
        return self.people.is_refused("EdgeAgent.updateModel")

    def _drip(self) -> bool:
        self.server.drip()
        self._break_until_tomorrow()
        return self.people.is_refused("EdgeAgent.updateModel")

    def _full_disk(self) -> bool:
        """Leave the databases the room that is left in their pages, and watch until it is used."""
        self.running.on_stores(_leave_no_room)
        self.people.may_fail = True
        self._break_until_tomorrow()
        return self.people.watch_until_refused()

    def _break_until_tomorrow(self) -> None:
        self.expected.hindered_weeks |= {
            week_of(self.clock.now() + n * DAY_SECONDS) for n in (0, 2)
        }
        self.repaired_at = self.clock.now() + DAY_SECONDS // 2

    def repair(self) -> None:
        """End what broke yesterday."""
        self.repaired_at = 0
        if not self.server.is_up:
            self.server.start()
        self.running.on_stores(_leave_room)
        self.people.may_fail = False

    def _wrong_clock(self, seconds: int) -> None:
        """A person sets the clock, and sets it right an hour later; nobody watches meanwhile."""
        self.expected.hindered_weeks |= {week_of(self.clock.now() + n) for n in (0, seconds)}
        self.clock.jump(self.clock.now() + seconds)
        self.turn()
        self.people.ask("EdgeAgent.status")
        self.clock.advance(HOUR_SECONDS)
        self.turn()
        self.dated_at = self.clock.now()
        self.clock.jump(self.clock.now() - seconds)

    def _change_language(self) -> None:
        language = "de" if self.box.config.language == "en" else "en"
        self.box.config = msgspec.structs.replace(self.box.config, language=language)
        self.running.stop()
        self.start()

    def _export(self) -> None:
        found = export_differences(
            self.people.ask("EdgeAgent.export"), self.expected, now=self.clock.now()
        )
        self.wrong += [f"{self.today()}: {one}" for one in found]

    # Kills

    def _kill(self) -> None:
        """Kill it at a commit of what a person does."""
        steps = (
            lambda: self.people.watch(1),
            self.people.forget,
            self._turn_consent,
        )
        self._killed(steps[self.random.below(len(steps))], commit=1 + self.random.below(3))

    def _kill_at_work(self) -> None:
        """Kill it at a commit of its own work; nothing leaves it between that and the kill."""
        self.server.stop()
        self._killed(self._plain_turn, commit=1 + self.random.below(4))
        self.server.start()

    def _killed(self, step: Callable[[], object], *, commit: int) -> None:
        before, now = self.expected.plain, self.clock.now()
        with self._image.at_commit(self.running.service.state.agent, commit):
            step()
        self.count("kill at a commit", self._image.exists)
        if not self._image.exists:  # it had fewer: killed when it was acknowledged
            before = self.expected.plain
            self._image.copy()
        self._put_back()
        held = self.running.on_stores(held_by)
        for possible in (before, self.expected.plain):
            if held == possible.shown(self.clock.now()):
                self.expected.plain = possible
                return
        raise Wrong(f"killed at commit {commit} after {now}: neither before nor after the step")

    def _power_cut(self) -> None:
        self._image.copy()
        self._put_back(power_cut=True)

    def _put_back(self, *, power_cut: bool = False) -> None:
        self.running.stop()
        self._image.put_back()
        if power_cut:
            shutil.rmtree(self.box.runtime)
            self.clock.reboot(now=self.clock.now() + 600)
        self.start()

    # The service

    def start(self) -> None:
        """Start the service, with its fault."""
        self.running.start()
        self.running.on_stores(self._fault)

    def turn(self) -> None:
        """Let the service work; kill it once after each report was posted, before it notes that."""
        waiting = self.running.on_stores(lambda agent: agent._home.ledger.outbox())
        due = {one.week for one in waiting if one.next_attempt_at <= self.clock.now()}
        if self.server.is_up and due - self._sent_twice and not self.people.may_fail:
            self._sent_twice |= due
            self.count(_POSTED)
            self._image.copy()
            self._plain_turn()
            self._put_back()
        self._plain_turn()

    def _plain_turn(self) -> None:
        self.running.turn()


def _leave_no_room(agent: Agent) -> None:
    """Give free pages back, without which a day of viewings fits in, and let no page be added."""
    for store in (agent._home.history, agent._home.ledger):
        store._database.connection.execute("VACUUM")
        store._database.connection.execute("PRAGMA max_page_count = 1")  # as many as there are


def _leave_room(agent: Agent) -> None:
    for store in (agent._home.history, agent._home.ledger):
        store._database.connection.execute(f"PRAGMA max_page_count = {_NO_LIMIT_PAGES}")
