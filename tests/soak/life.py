"""A life: days, and what happens in them, drawn from a seed."""

from __future__ import annotations

import gc
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS, HOUR_SECONDS, WEEK_SECONDS, week_of, week_start
from edgeagent.config import Config
from edgeagent.errors import EdgeAgentError
from edgeagent.simulator.plan import START
from edgeagent.testing.randomness import SeededRandomSource
from tests.security.plain_box import held_by
from tests.soak.agreement import differences, export_differences
from tests.soak.bounds import Measured, beyond, measure, over_budget
from tests.soak.box import RunningBox, SoakBox
from tests.soak.household import Told, Wrong
from tests.soak.kills import CommitImage
from tests.soak.model import Expected
from tests.soak.server import Press, SoakServer

__all__ = ["Life", "Outcome"]

Fault = Callable[[Agent], None]
_BEFORE_WEEKS = 4
"""Steps in which the silence of a new ledger passes, until days begin."""
_BEFORE_DAYS = 3
"""Days begin so long before the first reporting week, so that a month has a report."""
_WARM_DAYS = 2
"""What is loaded when it is first used is in memory by then."""
_NO_LIMIT_PAGES = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a life."""

    seed: str
    days: int
    happened: dict[str, int]
    acknowledged: int
    ignored_private: int
    reports: dict[str, int]
    """How many ended how; ``waiting``: not yet."""
    first: Measured
    largest: Measured
    wrong: tuple[str, ...]


class Life:
    """One box from its first day on."""

    def __init__(
        self, directory: Path, press: Press, *, seed: str, fault: Fault = lambda _: None
    ) -> None:
        """Live below ``directory``, with what ``press`` publishes on its clock.

        ``fault`` is planted into the agent at every start.
        """
        self.seed, self._press, self._fault = seed, press, fault
        self.clock = press.clock
        self.random = SeededRandomSource(f"soak {seed}")
        self._server = SoakServer(press.repository, directory / "reports.db", self.clock)
        self.box = SoakBox(
            home=directory / "home",
            runtime=directory / "run",
            clock=self.clock,
            config=Config(
                server_url=self._server.url, trusted_root=str(press.repository / "root.json")
            ),
            random=SeededRandomSource(f"soak box {seed}"),
        )
        self._running = RunningBox(self.box)
        self.expected = Expected()
        films = [one.entity_id for one in press.log.titles if one.kind == "film"]
        self._people = Told(self._running, self.expected, titles=films, random=self.random)
        self._image = CommitImage(self.box.home)
        self._happened = Counter[str]()
        self._wrong: list[str] = []
        self._first: Measured | None = None
        self._largest = Measured()
        self._deck: list[str] = []
        self._repaired_at = 0
        self._dated_at = 0
        """When the clock has passed the time that an update saw while it was ahead; until then the
        box goes by that time, and viewings wait for their dates."""
        self._sent_twice = set[int]()

    # The whole

    def live(self, days: int, *, told: Callable[[int], None] = lambda _: None) -> Outcome:
        """Live so many days; what goes wrong ends it, and stands in the outcome."""
        # A service at rest collects garbage. It would look through all that training loaded each
        # time, which was half of the processor time.
        gc.collect()
        gc.freeze()
        try:
            self._begin()
            for day in range(days):
                self._day(day)
                told(day + 1)
                if self._wrong:
                    break
            self._end()
        except Wrong as error:
            self._wrong.append(f"{self._today()}: {error}")
        finally:
            self._running.stop()
            self._server.stop()
            gc.unfreeze()
        return self._outcome(days)

    def _begin(self) -> None:
        """Set the box up, and let the silence of its new ledger pass."""
        self._press.publish(another_model=False)
        self._press.publish_promos(0)
        self._server.start()
        self._start()
        self._people.set_up()
        self._turn()
        first_day = self._running.on_stores(self._first_reporting_week) - _BEFORE_DAYS * DAY_SECONDS
        while self.clock.now() < first_day:
            pause = min(_BEFORE_WEEKS * WEEK_SECONDS, first_day - self.clock.now())
            self.clock.advance(pause)
            self._publish(another_model=False)
            self._turn()
            self._people.watch(2)
        self._turn()

    def _first_reporting_week(self, agent: Agent) -> int:
        calendar = agent._home.ledger.calendar(now=self.clock.now())
        return week_start(calendar.next(calendar.first_week))

    def _end(self) -> None:
        """Send what waits, and compare everything with everything."""
        self._repair()
        self.clock.set(max(self.clock.now(), self._dated_at + HOUR_SECONDS))
        for _ in range(40):
            self._turn()
            moment = self._running.on_stores(lambda agent: agent.reports.next_attempt_at())
            if moment is None:
                break
            self.clock.set(max(moment, self.clock.now() + HOUR_SECONDS))
        export = self._people.ask("EdgeAgent.export")
        self._wrong += self._running.on_stores(
            lambda agent: list(
                differences(
                    agent,
                    export,
                    self.expected,
                    store=self._server.store,
                    tasks=self._press.tasks,
                )
            )
        )

    # A day

    def _day(self, day: int) -> None:
        midnight = START + ((self.clock.now() - START) // DAY_SECONDS + 1) * DAY_SECONDS
        self.clock.set(midnight + HOUR_SECONDS)
        self._press.sign()
        # Not before Wednesday: until then boxes close the week before, on its own quarter's task.
        is_wednesday = midnight == week_start(week_of(midnight)) + 2 * DAY_SECONDS
        if is_wednesday and self._server.is_up:
            self._publish(another_model=False)
        if self._repaired_at and self.clock.now() >= self._repaired_at:
            self._repair()
        self._turn()
        self._people.agree_again()
        self.clock.advance(10 * HOUR_SECONDS)
        self._happen()
        self._turn()
        self.clock.set(max(self.clock.now(), midnight + 18 * HOUR_SECONDS))
        self._people.watch(self.random.below(4))
        self._turn()
        if not self._people.may_fail:
            self._people.look()
        self._running.disconnect()
        self._running.connect()
        self._night(day)

    def _night(self, day: int) -> None:
        """Measure, and compare what the box holds with what it should."""
        now = self.clock.now()
        measured, held, spent = self._running.on_stores(
            lambda agent: (
                measure(agent, now=now, published=self._press.published),
                held_by(agent),
                list(over_budget(agent._home.ledger.disclosures())),
            )
        )
        found = [*spent]
        if held != self.expected.plain.shown(now) and now > self._dated_at:
            found.append("the box holds other viewings or decisions than it should")
        self._largest = self._largest.largest(measured)
        if day >= _WARM_DAYS:
            self._first = self._first or measured
            found += beyond(self._first, measured)
        self._wrong += [f"{self._today()}: {one}" for one in found]

    def _happen(self) -> None:
        """Let the next thing happen; all happen before one happens again, in another order."""
        things: dict[str, Callable[[], object]] = {
            "binge": lambda: self._people.watch(12, seconds=1200),
            "private session": self._people.watch_privately,
            "profile change": self._people.change_profiles,
            "consent change": self._turn_consent,
            "another consent change": self._turn_consent,
            "title forgotten": self._people.forget,
            "new model": lambda: self._publish(another_model=True),
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
        if not self._deck:
            names = list(things)
            while names:
                self._deck.append(names.pop(self.random.below(len(names))))
        name = self._deck.pop()
        self._happened[name] += 1
        things[name]()

    # What happens

    def _turn_consent(self) -> None:
        self._people.turn_consent(language=self.box.config.language)

    def _update(self) -> None:
        if self._server.is_up:
            self._people.ask("EdgeAgent.updateModel")

    def _roll_back(self) -> None:
        with suppress(Wrong):  # there may be no model before
            self._people.ask("EdgeAgent.rollbackModel")

    def _new_promos(self) -> None:
        self._press.publish_promos(self._happened["new promos"])

    def _publish(self, *, another_model: bool) -> None:
        self._press.publish(another_model=another_model)
        if self._server.is_up:
            self._server.start()  # it reads its tasks when it starts

    def _outage(self) -> None:
        self._server.stop()
        self._break_until_tomorrow()

    def _drip(self) -> None:
        self._server.drip()
        self._break_until_tomorrow()

    def _full_disk(self) -> None:
        self._running.on_stores(lambda agent: _limit_pages(agent, 1))
        self._people.may_fail = True
        self._break_until_tomorrow()

    def _break_until_tomorrow(self) -> None:
        self.expected.hindered_weeks |= {
            week_of(self.clock.now() + n * DAY_SECONDS) for n in (0, 2)
        }
        self._repaired_at = self.clock.now() + DAY_SECONDS // 2

    def _repair(self) -> None:
        self._repaired_at = 0
        if not self._server.is_up:
            self._server.start()
        self._running.on_stores(lambda agent: _limit_pages(agent, _NO_LIMIT_PAGES))
        self._people.may_fail = False

    def _wrong_clock(self, seconds: int) -> None:
        """A person sets the clock, and sets it right an hour later; nobody watches meanwhile."""
        self.expected.hindered_weeks |= {week_of(self.clock.now() + n) for n in (0, seconds)}
        self.clock.jump(self.clock.now() + seconds)
        self._turn()
        self._people.ask("EdgeAgent.status")
        self.clock.advance(HOUR_SECONDS)
        self._turn()
        self._dated_at = self.clock.now()
        self.clock.jump(self.clock.now() - seconds)

    def _change_language(self) -> None:
        language = "de" if self.box.config.language == "en" else "en"
        self.box.config = msgspec.structs.replace(self.box.config, language=language)
        self._running.stop()
        self._start()

    def _export(self) -> None:
        found = export_differences(
            self._people.ask("EdgeAgent.export"), self.expected, now=self.clock.now()
        )
        self._wrong += [f"{self._today()}: {one}" for one in found]

    # Kills

    def _kill(self) -> None:
        """Kill it at a commit of what a person does."""
        steps = (
            lambda: self._people.watch(1),
            self._people.forget,
            self._turn_consent,
        )
        self._killed(steps[self.random.below(len(steps))], commit=1 + self.random.below(3))

    def _kill_at_work(self) -> None:
        """Kill it at a commit of its own work; nothing leaves it between that and the kill."""
        self._server.stop()
        self._killed(self._plain_turn, commit=1 + self.random.below(4))
        self._server.start()

    def _killed(self, step: Callable[[], object], *, commit: int) -> None:
        before, now = self.expected.plain, self.clock.now()
        with self._image.at_commit(self._running.service.state.agent, commit):
            step()
        if not self._image.exists:  # it had fewer: killed when it was acknowledged
            before = self.expected.plain
            self._image.copy()
        self._put_back()
        held = self._running.on_stores(held_by)
        for possible in (before, self.expected.plain):
            if held == possible.shown(self.clock.now()):
                self.expected.plain = possible
                return
        raise Wrong(f"killed at commit {commit} after {now}: neither before nor after the step")

    def _power_cut(self) -> None:
        self._image.copy()
        self._put_back(power_cut=True)

    def _put_back(self, *, power_cut: bool = False) -> None:
        self._running.stop()
        self._image.put_back()
        if power_cut:
            shutil.rmtree(self.box.runtime)
            self.clock.reboot(now=self.clock.now() + 600)
        self._start()

    # The service

    def _start(self) -> None:
        self._running.start()
        self._running.on_stores(self._fault)

    def _turn(self) -> None:
        """Let the service work; kill it once after each report was posted, before it notes that."""
        waiting = self._running.on_stores(lambda agent: agent._home.ledger.outbox())
        due = {one.week for one in waiting if one.next_attempt_at <= self.clock.now()}
        if self._server.is_up and due - self._sent_twice and not self._people.may_fail:
            self._sent_twice |= due
            self._happened["kill after a report was posted"] += 1
            self._image.copy()
            self._plain_turn()
            self._put_back()
        self._plain_turn()

    def _plain_turn(self) -> None:
        self._running.turn()

    def _today(self) -> str:
        return f"day of {(self.clock.now() - START) // DAY_SECONDS}"

    def _outcome(self, days: int) -> Outcome:
        reports = Counter[str]()
        with suppress(EdgeAgentError), self.box.open() as agent:
            reports.update(one.outcome or "waiting" for one in agent.disclosures())
        return Outcome(
            seed=self.seed,
            days=days,
            happened=dict(sorted(self._happened.items())),
            acknowledged=self.expected.acknowledged,
            ignored_private=self.expected.ignored,
            reports=dict(reports),
            first=self._first or Measured(),
            largest=self._largest,
            wrong=tuple(self._wrong),
        )


def _limit_pages(agent: Agent, pages: int) -> None:
    """Let the databases grow no further than so many pages, or than they have."""
    for store in (agent._home.history, agent._home.ledger):
        store._database.connection.execute(f"PRAGMA max_page_count = {pages}")
