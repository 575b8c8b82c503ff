from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, quarter_of, week_start
from edgeagent.consent import Purpose
from edgeagent.messages import SegmentRequest, decode_report
from edgeagent.services.reports.limits import SEND_WINDOW_SECONDS
from edgeagent.services.timekeeping.counting_frame import COUNT_SECONDS
from tests.services.conftest import Box, task

BOTH = (Purpose.HISTORY, Purpose.REPORTING)


def watch_in_week(box: Box, week: int, sessions: int = 3) -> None:
    for day in range(sessions):
        box.clock.set(week_start(week) + day * DAY_SECONDS + 20 * 3600)
        box.watch(f"t:{day}")


def test_a_report_is_drawn_booked_and_queued_in_one_step(box: Box) -> None:
    box.install()
    box.grant(*BOTH)
    week = box.reporting_week()
    watch_in_week(box, week)
    box.go_to_end_of_reporting_week()
    closing = box.agent.close_week()
    assert (closing.outcome, closing.week) == ("drawn", week)
    ledger = box.agent._home.ledger
    (debit,) = ledger.debits()
    (disclosure,) = ledger.disclosures()
    (queued,) = ledger.outbox()
    assert (debit.week, debit.odds) == (week, Fraction(3))
    assert queued.body == disclosure.body
    assert len(queued.body) == 512
    report = decode_report(queued.body)
    assert (report.week, report.task) == (week, f"subset_selection.33.3-1.{quarter_of(week)}")
    assert sum(report.counts) == 8
    assert COUNT_SECONDS <= queued.next_attempt_at - box.clock.now() < SEND_WINDOW_SECONDS


def test_a_new_ledger_is_silent_for_13_weeks(box: Box) -> None:
    box.install()
    box.grant(*BOTH)
    first = box.agent._home.ledger.genesis.first_reportable_week
    for week in range(first - 14, first):
        box.clock.set(week_start(week + 1) + 1)
        assert box.agent.close_week().outcome == "silent"
    assert box.agent.disclosures() == ()


def test_closing_twice_draws_once(box: Box) -> None:
    box.install()
    box.grant(*BOTH)
    box.go_to_end_of_reporting_week()
    assert box.agent.close_week().outcome == "drawn"
    body = box.agent.disclosures()[0].body
    box.reopen()
    assert box.agent.close_week().outcome == "already_closed"
    assert [item.body for item in box.agent.disclosures()] == [body]


def test_a_reissued_task_never_draws_the_same_week_again(box: Box) -> None:
    box.install()
    box.grant(*BOTH)
    box.go_to_end_of_reporting_week()
    box.agent.close_week()
    box.install(task(odds_numerator=2))
    assert box.agent.close_week().outcome == "already_closed"
    assert len(box.agent._home.ledger.debits()) == 1


def test_months_off_cost_the_missed_weeks_and_one_report_at_most(box: Box) -> None:
    box.install()
    box.grant(*BOTH)
    week = box.go_to_end_of_reporting_week(cycle=3)
    assert box.agent.close_week().week == week
    assert [debit.week for debit in box.agent._home.ledger.debits()] == [week]
    closed = box.agent._home.ledger.closed_weeks()
    assert {week - 13, week - 26, week - 39} <= closed


def test_reports_are_13_weeks_apart(box: Box) -> None:
    box.install()
    box.grant(*BOTH)
    first = box.reporting_week()
    for week in range(first, first + 40):
        box.clock.set(week_start(week + 1) + 60)
        box.take_task_of(week)
        box.agent.close_week()
    weeks = [debit.week for debit in box.agent._home.ledger.debits()]
    assert weeks == [first, first + 13, first + 26, first + 39]


@pytest.mark.parametrize("missing", BOTH)
def test_a_grant_that_came_during_the_week_is_too_late(box: Box, missing: Purpose) -> None:
    box.install()
    box.grant(*(purpose for purpose in BOTH if purpose is not missing))
    week = box.reporting_week()
    box.clock.set(week_start(week) + 1)
    box.grant(missing)
    box.go_to_end_of_reporting_week()
    assert "whole week" in box.agent.close_week().reason


def test_a_week_withdrawn_and_granted_again_is_not_drawn(box: Box) -> None:
    box.install()
    box.grant(*BOTH)
    box.clock.set(week_start(box.reporting_week()) + DAY_SECONDS)
    box.agent.withdraw(Purpose.REPORTING)
    box.grant(Purpose.REPORTING)
    box.go_to_end_of_reporting_week()
    assert box.agent.close_week().outcome == "silent"


def test_an_unknown_time_means_silence(box: Box) -> None:
    box.install()
    box.grant(*BOTH)
    box.go_to_end_of_reporting_week()
    box.clock.advance(4 * 365 * DAY_SECONDS)
    assert "time is not known" in box.agent.close_week().reason


def test_a_missing_segmenter_means_silence(box: Box) -> None:
    box.install()
    box.grant(*BOTH)
    box.go_to_end_of_reporting_week()
    (box.directory / "models" / "targets" / "models%2Fa.onnx").unlink()
    assert "segmenter" in box.agent.close_week().reason


def test_no_task_and_a_later_task_mean_silence(box: Box) -> None:
    box.install(task(first_week=100_000))
    box.grant(*BOTH)
    box.go_to_end_of_reporting_week()
    assert "later weeks" in box.agent.close_week().reason


def test_clipped_counts_leave_under_the_other_mechanism_and_cost_no_more(box: Box) -> None:
    box.install(task(mechanism="discrete_laplace"))
    box.grant(*BOTH)
    watch_in_week(box, box.reporting_week(), sessions=3)
    week = box.go_to_end_of_reporting_week()
    assert box.agent.close_week().outcome == "drawn"
    (disclosure,) = box.agent.disclosures()
    assert decode_report(disclosure.body).task == f"discrete_laplace.33.3-1.{quarter_of(week)}"
    assert len(disclosure.body) == 512
    assert "At most 8 viewing sessions" in disclosure.meaning
    assert [debit.odds for debit in box.agent._home.ledger.debits()] == [3]


def _category_drawn(make_box: Callable[..., Box], name: str, **how: object) -> tuple[str, bytes]:
    """Close a week with the same seed whatever happened in it, and return outcome and counts."""
    box = make_box(name, seed="same", segment=how.get("segment"))
    box.install()
    box.grant(*BOTH)
    if how.get("watched"):
        watch_in_week(box, box.reporting_week(), sessions=1)
    box.scorer.fails = bool(how.get("fails"))
    box.go_to_end_of_reporting_week()
    closing = box.agent.close_week()
    body = box.agent.disclosures()[0].body
    return closing.outcome, bytes(decode_report(body).counts)


def test_whatever_happens_after_the_history_is_opened_a_report_is_drawn(
    make_box: Callable[..., Box],
) -> None:
    nothing = _category_drawn(make_box, "a")
    failing = _category_drawn(make_box, "b", watched=True, segment=3, fails=True)
    unknown = _category_drawn(make_box, "c", watched=True, segment=None)
    sensitive = _category_drawn(make_box, "d", watched=True, segment=5)
    assert {outcome for outcome, _ in (nothing, failing, unknown, sensitive)} == {"drawn"}


def test_failing_unknown_and_sensitive_sessions_count_as_none(
    make_box: Callable[..., Box],
) -> None:
    failing = _category_drawn(make_box, "b", watched=True, segment=3, fails=True)
    unknown = _category_drawn(make_box, "c", watched=True, segment=None)
    sensitive = _category_drawn(make_box, "d", watched=True, segment=5)
    assert failing == unknown == sensitive


def test_events_outside_the_week_do_not_reach_its_draw(box: Box) -> None:
    box.install()
    box.grant(*BOTH)
    week = box.reporting_week()
    box.clock.set(week_start(week) - 10)
    box.watch("t:before")
    box.clock.set(week_start(week) + WEEK_SECONDS)
    box.watch("t:after")
    box.go_to_end_of_reporting_week()
    box.agent.close_week()
    (request,) = box.scorer.requests
    assert isinstance(request, SegmentRequest)
    assert request.sessions == ((),)
