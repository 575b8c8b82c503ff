"""That the attacks would see what they are there to see; ``python -m tests.audit`` runs them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgeagent import reporting_calendar
from edgeagent.clock import week_of
from edgeagent.services.reports import preconditions as report_conditions
from edgeagent.services.reports.close_week import Reporter
from edgeagent.store import LedgerStore, ledger
from edgeagent.store.outbox import enqueue
from tests.audit import attacks, attacks_on_state
from tests.audit.part import Effort

QUICK = Effort(full=False, say=lambda _line: None)


@pytest.mark.deep
def test_guessing_agrees_with_theory_and_with_what_is_published() -> None:
    result = attacks.guessing(QUICK)
    assert result.ok, result.wrong
    theory = [row["theory"] for row in result.figures["rows"]]
    assert theory == pytest.approx([0.06, 0.18, 0.44, 0.89], abs=0.02)


def test_guessing_sees_a_sampler_that_tells_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def telling(_effort: Effort, _segment: int, number: int, _name: str) -> np.ndarray[Any, Any]:
        drawn = np.zeros((number, 33), dtype=np.int16)
        drawn[:, 3:11] = 1
        return drawn

    monkeypatch.setattr(attacks, "_reports", telling)
    assert not attacks.guessing(QUICK).ok
    assert not attacks.averaging(QUICK).wrong  # a valid report is never too much by itself


@pytest.mark.deep
def test_power_cuts_between_all_statements() -> None:
    result = attacks_on_state.crashes(QUICK)
    assert result.ok, result.wrong
    assert result.figures["statements"] > 500
    assert result.figures["states"] >= 8
    assert 0 < result.figures["drawn_after_the_crash"] < result.figures["states"]


@pytest.mark.deep
def test_a_booking_in_two_transactions_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    book = LedgerStore.book

    def booked_in_two(self: LedgerStore, **fields: Any) -> bool:
        booked = book(self, **fields)
        with self._database.transaction() as connection:
            enqueue(connection, fields["report_id"], due_at=fields["due_at"])
        return booked

    monkeypatch.setattr(ledger, "enqueue", lambda *_args, **_fields: None)
    monkeypatch.setattr(LedgerStore, "book", booked_in_two)
    assert any("never sent" in line for line in attacks_on_state.crashes(QUICK).wrong)


@pytest.mark.deep
def test_a_box_that_reports_on_the_first_week_asked_for_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    latest = Reporter._latest_reporting_week

    def as_asked(self: Reporter) -> int:
        task = self._conditions.installations.load().task
        asked = 0 if task is None else task.first_week
        return max(latest(self), min(asked, week_of(self._clock.now()) - 1))

    monkeypatch.setattr(Reporter, "_latest_reporting_week", as_asked)
    monkeypatch.setattr(report_conditions, "check_debit", lambda *_args, **_fields: None)
    monkeypatch.setattr(ledger, "check_debit", lambda *_args, **_fields: None)
    monkeypatch.setattr(attacks_on_state, "_CHEATS", (attacks_on_state._other_weeks,))
    assert not attacks_on_state.cheating_server(QUICK).ok


@pytest.mark.deep
def test_a_box_without_spacing_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting_calendar, "SPACING_WEEKS", 1)
    monkeypatch.setattr(report_conditions, "check_debit", lambda *_args, **_fields: None)
    monkeypatch.setattr(ledger, "check_debit", lambda *_args, **_fields: None)
    assert not attacks_on_state.cheating_server(QUICK).ok
