"""A life: days and nights of a box, and what came of them."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS, HOUR_SECONDS, WEEK_SECONDS, week_of, week_start
from edgeagent.errors import EdgeAgentError
from edgeagent.simulator.plan import START
from tests.security.plain_box import held_by
from tests.soak.agreement import differences
from tests.soak.bounds import Measured, beyond, measure, over_budget
from tests.soak.household import Wrong
from tests.soak.server import Press
from tests.soak.world import Fault, World, missing

__all__ = ["Life", "Outcome"]

_BEFORE_WEEKS = 4
"""Steps in which the silence of a new ledger passes, until days begin."""
_BEFORE_DAYS = 3
"""Days begin so long before the first reporting week, so that a month has a report."""
_WARM_DAYS = 2
"""What is loaded when it is first used is in memory by then."""


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
        self.seed, self._world = seed, World(directory, press, seed=seed, fault=fault)
        self._first: Measured | None = None
        self._largest = Measured()
        self._model = ""

    # The whole

    def live(self, days: int, *, told: Callable[[int], None] = lambda _: None) -> Outcome:
        """Live so many days; what goes wrong ends it, and stands in the outcome."""
        world = self._world
        # A service at rest collects garbage. It would look through all that training loaded each
        # time, which was half of the processor time.
        gc.collect()
        gc.freeze()
        try:
            self._begin()
            for day in range(days):
                self._day(day)
                told(day + 1)
                if world.wrong:
                    break
            self._end()
            if not world.wrong:
                never = missing(world.counted(), days=days)
                world.wrong += [f"{what}: never in {days} days" for what in never]
        except Wrong as error:
            world.wrong.append(f"{world.today()}: {error}")
        finally:
            world.running.stop()
            world.server.stop()
            gc.unfreeze()
        return self._outcome(days)

    def _begin(self) -> None:
        """Set the box up, and let the silence of its new ledger pass."""
        world = self._world
        world.press.publish(another_model=False)
        world.press.publish_promos(0)
        world.server.start()
        world.start()
        world.people.set_up()
        world.turn()
        first_day = world.running.on_stores(self._first_reporting_week) - _BEFORE_DAYS * DAY_SECONDS
        while world.clock.now() < first_day:
            pause = min(_BEFORE_WEEKS * WEEK_SECONDS, first_day - world.clock.now())
            world.clock.advance(pause)
            world.publish(another_model=False)
            world.turn()
            world.people.watch(2)
        world.turn()

    def _first_reporting_week(self, agent: Agent) -> int:
        calendar = agent._home.ledger.calendar(now=self._world.clock.now())
        return week_start(calendar.next(calendar.first_week))

    def _end(self) -> None:
        """Send what waits, and compare everything with everything."""
        world = self._world
        world.repair()
        world.clock.set(max(world.clock.now(), world.dated_at + HOUR_SECONDS))
        for _ in range(40):
            world.turn()
            moment = world.running.on_stores(lambda agent: agent.reports.next_attempt_at())
            if moment is None:
                break
            world.clock.set(max(moment, world.clock.now() + HOUR_SECONDS))
        export = world.people.ask("EdgeAgent.export")
        world.wrong += world.running.on_stores(
            lambda agent: list(
                differences(
                    agent,
                    export,
                    world.expected,
                    store=world.server.store,
                    tasks=world.press.tasks,
                )
            )
        )

    # A day

    def _day(self, day: int) -> None:
        world = self._world
        midnight = START + ((world.clock.now() - START) // DAY_SECONDS + 1) * DAY_SECONDS
        world.clock.set(midnight + HOUR_SECONDS)
        world.press.sign()
        # Not before Wednesday: until then boxes close the week before, on its own quarter's task.
        is_wednesday = midnight == week_start(week_of(midnight)) + 2 * DAY_SECONDS
        if is_wednesday and world.server.is_up:
            world.publish(another_model=False)
        if world.repaired_at and world.clock.now() >= world.repaired_at:
            world.repair()
        world.turn()
        world.people.agree_again()
        world.clock.advance(10 * HOUR_SECONDS)
        world.happen()
        world.turn()
        world.clock.set(max(world.clock.now(), midnight + 18 * HOUR_SECONDS))
        films = world.random.below(4)
        world.people.watch(films)
        world.count("evening", films > 0)
        world.turn()
        if not world.people.may_fail:
            world.people.look()
        world.running.disconnect()
        world.running.connect()
        self._night(day)

    def _night(self, day: int) -> None:
        """Measure, and compare what the box holds with what it should."""
        world = self._world
        now = world.clock.now()
        measured, model, held, spent = world.running.on_stores(
            lambda agent: (
                measure(agent, now=now),
                agent.installation().current,
                held_by(agent),
                list(over_budget(agent._home.ledger.disclosures())),
            )
        )
        found = [*spent]
        if held != world.expected.plain.shown(now) and now > world.dated_at:
            found.append("the box holds other viewings or decisions than it should")
        if model is not None:
            world.count("model taken", self._model not in {"", model.model.sha256})
            self._model = model.model.sha256
        self._largest = self._largest.largest(measured)
        if day >= _WARM_DAYS:
            self._first = self._first or measured
            found += beyond(self._first, measured)
        world.wrong += [f"{world.today()}: {one}" for one in found]

    def _outcome(self, days: int) -> Outcome:
        world = self._world
        reports = Counter[str]()
        with suppress(EdgeAgentError), world.box.open() as agent:
            reports.update(one.outcome or "waiting" for one in agent.disclosures())
        return Outcome(
            seed=self.seed,
            days=days,
            happened=world.counted(),
            acknowledged=world.expected.acknowledged,
            ignored_private=world.expected.ignored,
            reports=dict(reports),
            first=self._first or Measured(),
            largest=self._largest,
            wrong=tuple(world.wrong),
        )
