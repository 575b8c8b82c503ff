"""The policy under random lives: whatever clock, server and household do, it holds."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, week_of, week_start
from edgeagent.consent import Purpose
from edgeagent.messages.fields import MechanismName
from edgeagent.messages.task import PERMITTED_CATEGORIES
from edgeagent.privacy.accounting import Debit
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.scorer import TableScorer
from edgeagent.testing.transport import ScriptedTransport
from tests.services.conftest import MONDAY, Box, task

BOTH = (Purpose.HISTORY, Purpose.REPORTING)
LIFETIME_SECONDS = 730 * DAY_SECONDS


class BoxThatForgetsItsSeed(Box):
    """Draws other numbers after each restart, as the operating system would."""

    def open(self) -> Agent:
        self.seed += "."
        return super().open()


class Policy(RuleBasedStateMachine):
    """One box through years of disorder."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = Path(tempfile.mkdtemp())
        self.box = BoxThatForgetsItsSeed(
            directory=self._directory / "home",
            clock=FakeClock(MONDAY),
            scorer=TableScorer(segment=3),
            transport=ScriptedTransport(),
            agent=None,  # type: ignore[arg-type]  # set on the next line
        )
        self.box.agent = self.box.open()
        self.genesis = self.box.agent._home.ledger.genesis
        self.drawn: dict[int, bytes] = {}
        self.closed: frozenset[int] = frozenset()
        self.imported = 0
        self.since: dict[Purpose, int | None] = dict.fromkeys(BOTH)
        self.given_at: dict[Purpose, int] = {}

    def teardown(self) -> None:
        self.box.agent.close()
        shutil.rmtree(self._directory)

    @property
    def now(self) -> int:
        return self.box.agent.clock.now()

    @initialize()
    def begin(self) -> None:
        self.box.install()
        for purpose in BOTH:
            self.grant(purpose)

    @rule(purpose=st.sampled_from(BOTH))
    def grant(self, purpose: Purpose) -> None:
        self.box.grant(purpose)
        since = self.since[purpose]
        lapsed = since is None or self.given_at[purpose] + LIFETIME_SECONDS < self.now
        self.since[purpose] = self.now if lapsed else since
        self.given_at[purpose] = self.now

    @rule(purpose=st.sampled_from(BOTH))
    def withdraw(self, purpose: Purpose) -> None:
        self.box.agent.withdraw(purpose)
        self.since[purpose] = None
        if purpose is Purpose.REPORTING:
            assert self.box.agent._home.ledger.outbox() == ()

    @rule(weeks=st.integers(1, 30))
    def time_passes(self, weeks: int) -> None:
        self.box.clock.advance(weeks * WEEK_SECONDS)

    @rule(years=st.integers(1, 4))
    def years_off(self, years: int) -> None:
        self.box.clock.advance(years * 52 * WEEK_SECONDS)

    @rule(weeks=st.integers(1, 60))
    def the_clock_goes_back(self, weeks: int) -> None:
        self.box.clock.advance(-weeks * WEEK_SECONDS)

    @rule(
        mechanism=st.sampled_from(get_args(MechanismName)),
        categories=st.sampled_from(PERMITTED_CATEGORIES),
        odds=st.sampled_from([(3, 1), (2, 1), (3, 2)]),
    )
    def the_server_asks_anew(self, mechanism: str, categories: int, odds: tuple[int, int]) -> None:
        """Another mechanism, number of categories and e^ε, and a time it vouches for."""
        numerator, denominator = odds if mechanism == "subset_selection" else (3, 1)
        self.box.install(
            task(
                categories=categories,
                odds_numerator=numerator,
                odds_denominator=denominator,
                mechanism=mechanism,
            )
        )
        # Whatever the clock said when it was given, it was given before a moment that is certain.
        if self.box.agent.clock.is_known():
            for purpose, since in self.since.items():
                self.since[purpose] = None if since is None else min(since, self.now)

    @rule(ago=st.integers(0, 60), odds=st.sampled_from([2, 3]))
    def import_a_debit(self, ago: int, odds: int) -> None:
        debit = Debit(week=week_of(self.now) - ago, odds=Fraction(odds))
        self.imported += self.box.agent._home.ledger.import_debits([debit], at=self.now)

    @rule()
    def restart(self) -> None:
        self.box.reopen()

    @rule(moment=st.integers(0, WEEK_SECONDS - 1))
    def a_reporting_week_ends(self, moment: int) -> None:
        week = week_of(self.now)
        week += -(week - self.genesis.phase) % 13
        self.box.clock.set(week_start(week + 1) + moment)
        self.box.take_task_of(week)
        self.close_twice()

    @rule()
    def close_twice(self) -> None:
        before = len(self.drawn)
        first = self.box.agent.close_week()
        if first.outcome == "drawn":
            event("a report was drawn")
            assert first.week is not None
            self._may_be_drawn(first.week)
        self._note()
        assert len(self.drawn) - before == (first.outcome == "drawn")
        if before % 2:
            self.box.reopen()
        again = self.box.agent.close_week()
        assert again.outcome == ("silent" if first.outcome == "silent" else "already_closed")
        assert again.week == first.week

    def _may_be_drawn(self, week: int) -> None:
        assert week not in self.closed
        assert week % 13 == self.genesis.phase
        assert week >= self.genesis.first_reportable_week > week_of(self.genesis.created_at) + 13
        assert 0 < week_of(self.now) - week <= 13
        for purpose in BOTH:
            since = self.since[purpose]
            assert since is not None
            assert since <= week_start(week)

    def _note(self) -> None:
        for disclosure in self.box.agent._home.ledger.disclosures():
            self.drawn.setdefault(disclosure.week, disclosure.body)

    @invariant()
    def at_most_one_report_a_week_and_none_is_drawn_again(self) -> None:
        disclosures = self.box.agent._home.ledger.disclosures()
        assert {item.week: item.body for item in disclosures} == self.drawn
        assert len(disclosures) == len(self.drawn)

    @invariant()
    def reports_are_spaced_and_no_year_is_over_budget(self) -> None:
        weeks = sorted(self.drawn)
        assert all(later - earlier >= 13 for earlier, later in pairwise(weeks))
        odds = {item.week: item.odds for item in self.box.agent._home.ledger.disclosures()}
        for start in weeks:
            assert prod(odds[week] for week in weeks if start <= week < start + 52) <= 81

    @invariant()
    def closed_weeks_stay_closed_and_debits_stay_booked(self) -> None:
        closed = self.box.agent._home.ledger.closed_weeks()
        assert closed >= self.closed
        self.closed = closed
        debits = self.box.agent._home.ledger.debits()
        assert len(debits) == len(self.drawn) + self.imported


TestPolicy: Callable[[], Any] = pytest.mark.deep(Policy.TestCase)
Policy.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=40,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking takes minutes
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.fixture
def ready(box: Box) -> Box:
    """A box at the end of its first reporting week, allowed to report on it."""
    box.install()
    box.grant(*BOTH)
    box.go_to_end_of_reporting_week()
    return box


def test_a_year_of_closings_spends_81_and_no_more(ready: Box) -> None:
    week = ready.reporting_week()
    for later in range(week, week + 54):
        ready.clock.set(week_start(later + 1) + 60)
        ready.take_task_of(later)
        ready.agent.close_week()
    debits = ready.agent._home.ledger.debits()
    assert [debit.week - week for debit in debits] == [0, 13, 26, 39, 52]
    assert prod(debit.odds for debit in debits[:4]) == 81


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"reports": False}, "off in the settings"),
        ({"report_max_odds": "2"}, "beyond 2"),
        ({"report_max_odds": "3/2"}, "beyond 3/2"),
    ],
)
def test_settings_can_forbid_what_a_task_asks(
    ready: Box, changes: dict[str, Any], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    ready.config = type(ready.config)(**{"retention_days": 365, **changes})
    ready.reopen()
    with caplog.at_level("INFO", logger="edgeagent"):
        closing = ready.agent.close_week()
    assert closing.outcome == "silent"
    assert ready.agent._home.ledger.debits() == ()
    assert re.search(reason, closing.reason)
    assert any(closing.reason in message for message in caplog.messages)


def test_settings_can_space_reports_out(ready: Box) -> None:
    ready.config = type(ready.config)(retention_days=365, report_spacing_weeks=30)
    ready.reopen()
    week = ready.reporting_week()
    for later in range(week, week + 60):
        ready.clock.set(week_start(later + 1) + 60)
        ready.take_task_of(later)
        ready.agent.close_week()
    assert [debit.week - week for debit in ready.agent._home.ledger.debits()] == [0, 39]
