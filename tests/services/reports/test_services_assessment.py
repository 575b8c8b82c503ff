"""Assessment, quarter, verification and settings, on boxes whose lives are known."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import log
from typing import Any

import msgspec
import pytest

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, week_start
from edgeagent.config import Config, ServiceConfig
from edgeagent.consent import Purpose
from edgeagent.errors import InputError, LedgerBroken
from edgeagent.privacy.accounting import Debit
from edgeagent.services.upkeep.settings_risk import _JUDGES, changes, deviations
from edgeagent.store import LedgerStore
from edgeagent.store.database import PAGE_BYTES
from edgeagent.store.disclosures import append_disclosure
from edgeagent.store.entries import append_entry
from tests.services.conftest import Box, task


@pytest.fixture
def reported(box: Box) -> Box:
    """A box that has reported once."""
    box.install()
    box.grant(Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING)
    box.clock.set(week_start(box.reporting_week()) + DAY_SECONDS)
    box.watch("t:1")
    box.go_to_end_of_reporting_week()
    box.agent.close_week()
    return box


def test_a_new_box_has_told_nothing(box: Box) -> None:
    found = box.agent.reports.assess()
    assert (found.budget.reports, found.budget.epsilon_lifetime) == (0, 0)
    assert found.budget.epsilon_left_52_weeks == pytest.approx(log(81))
    assert found.reporting == ()
    assert found.conclusions.task == "none yet"
    for belief in found.conclusions.beliefs:
        assert belief.prior == belief.posterior_at_most == pytest.approx(belief.posterior)


def test_one_report_raises_what_it_names_and_nothing_beyond_the_bound(reported: Box) -> None:
    found = reported.agent.reports.assess()
    assert found.reporting == ("main",)
    assert (found.budget.reports, found.conclusions.reports) == (1, 1)
    assert found.budget.epsilon_last_52_weeks == pytest.approx(log(3))
    assert found.budget.epsilon_left_52_weeks == pytest.approx(log(27))
    beliefs = found.conclusions.beliefs
    assert sum(belief.posterior for belief in beliefs) == pytest.approx(1)
    raised = [belief for belief in beliefs if belief.posterior > belief.prior]
    assert len(raised) == 8
    for belief in beliefs:
        assert belief.posterior <= belief.posterior_at_most
        assert belief.posterior_at_most < belief.posterior_after_one_more_at_most
    assert beliefs[-1].category.startswith("none")


def test_before_the_first_report_the_task_at_hand_is_weighed(box: Box) -> None:
    box.install(task(categories=9))
    asked = box.agent.installation().task
    assert asked is not None
    found = box.agent.reports.assess()
    assert (found.conclusions.task, len(found.conclusions.beliefs)) == (asked.name, 9)


def test_a_population_may_be_known(reported: Box) -> None:
    prior = [Fraction(1, 2), *[Fraction(1, 64)] * 32]
    found = reported.agent.reports.assess(prior)
    assert found.conclusions.beliefs[0].prior == 0.5
    with pytest.raises(InputError, match="33 shares"):
        reported.agent.reports.assess([Fraction(1)])


def test_limits_of_the_settings_show(box: Box) -> None:
    box.config = msgspec.structs.replace(box.config, report_max_odds="3/2")
    box.reopen()
    found = box.agent.reports.assess()
    assert found.budget.epsilon_limit_report == pytest.approx(log(1.5))


def test_every_setting_is_judged() -> None:
    assert list(_JUDGES) == [field.name for field in msgspec.structs.fields(Config)]


@pytest.mark.parametrize(
    ("changes", "directions"),
    [
        ({}, []),
        ({"retention_days": 365}, ["riskier"]),
        ({"retention_days": 8}, ["safer"]),
        ({"service": ServiceConfig(update_hours=48)}, ["neutral"]),
        ({"service": ServiceConfig(manage_users=("root", "tv"))}, ["riskier"]),
        ({"service": ServiceConfig(allowed_origins=("https://a.example",))}, ["riskier"]),
        ({"teens_count_as_adults": True, "reports": False}, ["riskier", "safer"]),
        ({"key_provider": "credential"}, ["safer"]),
        ({"key_provider": "command", "key_command": ("tee",)}, ["riskier", "neutral"]),
        (
            {
                "key_provider": "command",
                "key_command": ("tee",),
                "key_erase_command": ("tee", "-d"),
            },
            ["safer", "safer", "neutral"],
        ),
        ({"report_max_odds": "2", "report_spacing_weeks": 26}, ["safer", "safer"]),
        (
            {"server_url": "https://models.example", "report_pins": ("0" * 64,)},
            ["safer", "neutral"],
        ),
    ],
)
def test_settings_are_compared_with_the_defaults(
    changes: dict[str, object], directions: list[str]
) -> None:
    found = deviations(msgspec.structs.replace(Config(), **changes))
    assert [deviation.direction for deviation in found] == directions


def test_riskier_settings_make_a_riskier_assessment(box: Box) -> None:
    assert box.config.retention_days == 365
    assert box.agent.reports.assess().riskier_than_default
    box.config = Config()
    box.reopen()
    assert not box.agent.reports.assess().riskier_than_default


def test_a_change_of_settings_is_said_once(box: Box, caplog: pytest.LogCaptureFixture) -> None:
    caplog.clear()
    box.reopen()
    assert caplog.messages == []
    box.config = msgspec.structs.replace(box.config, teens_count_as_adults=True)
    box.reopen()
    assert any("teens" in message for message in caplog.messages)
    caplog.clear()
    box.reopen()
    assert caplog.messages == []


def test_the_quarter_says_what_was_kept_used_sent_and_spent(reported: Box) -> None:
    found = reported.agent.reports.quarter()
    (kept,) = found.kept
    assert (kept.profile, kept.viewings, kept.allowed) == ("main", 1, True)
    (used,) = found.used
    assert (used.recommendations, used.reports, used.promotions) == (True, True, False)
    (sent,) = found.sent
    assert (sent.body_bytes, sent.outcome) == (512, "waiting")
    assert found.spent.epsilon_quarter == pytest.approx(log(3))
    assert found.missed_weeks == ()


def test_the_balance_goes_by_the_boxs_clock(reported: Box) -> None:
    now = reported.clock.now()
    reported.agent.clock.learn(issued_at=now, vouched_until=now + 200 * WEEK_SECONDS)
    found = reported.agent.reports.balance()
    assert (found.reports, found.odds_spent, found.odds_limit) == (1, "3", "81")
    assert (found.epsilon_spent, found.epsilon_limit) == pytest.approx((log(3), log(81)))
    assert found.silence_has_begun
    assert found.silent_until == week_start(found.first_reportable_week)
    reported.clock.set(0)  # the box has seen later than that
    assert reported.agent.reports.balance() == found
    reported.clock.set(found.silent_until + 70 * WEEK_SECONDS)
    assert reported.agent.reports.balance().odds_spent == "1"


def test_the_silence_of_a_box_that_does_not_know_the_time_moves_on(box: Box) -> None:
    first = box.agent.reports.balance()
    assert not first.silence_has_begun
    box.clock.advance(WEEK_SECONDS)
    later = box.agent.reports.balance()
    assert later.silent_until == first.silent_until + WEEK_SECONDS


def test_a_quarter_later_the_year_still_counts(reported: Box) -> None:
    reported.clock.advance(15 * WEEK_SECONDS)
    found = reported.agent.reports.quarter()
    assert (found.sent, found.spent.epsilon_quarter) == ((), 0)
    assert found.spent.epsilon_last_52_weeks == pytest.approx(log(3))


def test_weeks_that_were_let_pass_are_named(box: Box) -> None:
    box.install()
    box.grant(Purpose.HISTORY, Purpose.REPORTING)
    week = box.go_to_end_of_reporting_week(cycle=1)
    box.agent.close_week()
    assert box.agent.reports.quarter().missed_weeks == (week - 13,)


def test_a_sound_log_verifies_and_is_exported(reported: Box) -> None:
    found = reported.agent.reports.verify_disclosures()
    assert (found.ok, found.reports, found.problems) == (True, 1, ())
    exported = reported.agent.reports.export_disclosures()
    assert (exported.chain_rows, exported.chain_head) == (found.chain_rows, found.chain_head)
    (item,) = exported.disclosures
    assert (len(item.body), item.odds, item.outcome) == (512, "3", None)


def change(ledger: LedgerStore, sql: str) -> None:
    """Write past the chain, as an attacker with the key could."""
    with ledger._database.transaction() as connection:
        for statement in sql.split(";"):
            connection.execute(statement)


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("UPDATE disclosures SET body = zeroblob(512)", "in disclosures, was changed"),
        ("UPDATE ledger SET odds_numerator = 2", "in ledger, was changed"),
        ("DELETE FROM outbox; DELETE FROM disclosures", "were acknowledged"),
    ],
)
def test_what_was_changed_later_is_said(reported: Box, sql: str, problem: str) -> None:
    other = reported.open()
    change(other._home.ledger, sql)
    other.close()
    found = reported.agent.reports.verify_disclosures()
    assert not found.ok
    assert problem in found.problems[0]
    with pytest.raises(LedgerBroken):
        reported.agent.reports.export_disclosures()


def test_reports_that_do_not_match_what_was_booked_are_said(reported: Box) -> None:
    ledger = reported.agent._home.ledger
    (item,) = ledger.disclosures()
    ledger.book(
        week=item.week + 13,
        odds=Fraction(2),
        report_id="0" * 32,
        task=item.task,
        body=item.body,
        drawn_at=item.drawn_at,
        due_at=item.due_at,
        recipient="",
        meaning="",
    )
    ledger.book(
        week=item.week + 26,
        odds=Fraction(3),
        report_id="1" * 32,
        task=item.task,
        body=b"no report".ljust(512),
        drawn_at=item.drawn_at,
        due_at=item.due_at,
        recipient="",
        meaning="",
    )
    problems = reported.agent.reports.verify_disclosures().problems
    assert [problem.partition(": ")[2].split(",")[0] for problem in problems][:2] == [
        "its body names another report",
        f"costs {item.task}",
    ]
    assert "Report" in problems[2]


def draw(ledger: LedgerStore, week: int, *, odds: int = 3) -> None:
    """Book as a program without limits would."""
    with ledger._chain.append() as writer:
        append_entry(writer, week, at=0, odds=Fraction(odds), reason="")


def broken_promises(box: Box) -> list[str]:
    return [promise.topic for promise in box.agent.reports.assess().promises if not promise.holds]


def test_every_promise_holds_of_a_box_that_has_reported(reported: Box) -> None:
    found = reported.agent.reports.assess().promises
    assert [promise.topic for promise in found] == ["report", "budget", "retention", "ledger"]
    assert broken_promises(reported) == []


def test_a_report_that_costs_more_breaks_its_promise(reported: Box) -> None:
    ledger = reported.agent._home.ledger
    (item,) = ledger.disclosures()
    week = item.week + 13
    draw(ledger, week, odds=4)
    with ledger._chain.append() as writer:
        append_disclosure(writer, replace(item, week=week, report_id="0" * 32))
    assert broken_promises(reported) == ["report"]


def test_any_year_over_budget_breaks_the_promise_however_long_ago(reported: Box) -> None:
    ledger = reported.agent._home.ledger
    (debit,) = ledger.debits()
    for number in range(1, 5):
        draw(ledger, debit.week + 12 * number)
    reported.clock.advance(500 * WEEK_SECONDS)
    assert broken_promises(reported) == ["budget", "retention"]  # nobody has kept house


def test_keeping_longer_than_was_chosen_breaks_its_promise(reported: Box) -> None:
    reported.agent.retention.choose(3)
    assert broken_promises(reported) == ["retention"]
    (broken,) = [one for one in reported.agent.reports.assess().promises if not one.holds]
    assert "after 3 days" in broken.text  # 8 days hold, and are not what was chosen
    reported.agent.retention.choose(1)
    assert "after 1 day," in reported.agent.reports.assess().promises[2].text


def test_a_damaged_page_breaks_the_promise_of_a_whole_record(reported: Box) -> None:
    change(
        reported.agent._home.ledger, "CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(100000))"
    )
    reported.agent.close()
    path = reported.directory / "ledger.db"
    data = bytearray(path.read_bytes())
    data[-PAGE_BYTES * 10] ^= 1  # somewhere in the middle of those bytes
    path.write_bytes(data)
    reported.agent = reported.open()
    assert broken_promises(reported) == ["ledger"]


def test_how_an_imported_ledger_is_spaced_is_no_problem_of_this_one(reported: Box) -> None:
    ledger = reported.agent._home.ledger
    (debit,) = ledger.debits()
    ledger.mark_missed(debit.week + 2, reason="off", at=0)
    imported = [Debit(week=debit.week + near, odds=Fraction(3)) for near in (-1, 1, 3)]
    ledger.import_debits(imported, at=0)
    assert reported.agent.reports.verify_disclosures().ok


@pytest.mark.parametrize("near", ["own", "imported"])
def test_reports_of_this_box_that_lie_too_close_are_said(reported: Box, near: str) -> None:
    ledger = reported.agent._home.ledger
    (debit,) = ledger.debits()
    if near == "imported":
        ledger.import_debits([Debit(week=debit.week + 30, odds=Fraction(3))], at=0)
    draw(ledger, debit.week + (12 if near == "own" else 29))
    (problem,) = reported.agent.reports.verify_disclosures().problems
    assert "less than 13 weeks" in problem


@pytest.mark.parametrize(
    ("before", "after", "direction"),
    [
        ({}, {"retention_days": 200}, "riskier"),
        ({"retention_days": 30}, {}, "riskier"),
        ({"retention_days": 200}, {"retention_days": 300}, "riskier"),
        ({"retention_days": 200}, {}, "safer"),
        ({"retention_days": 200}, {"retention_days": 30}, "safer"),
        ({}, {"reports": False}, "safer"),
        ({"reports": False}, {}, "riskier"),
        ({"retention_days": 30}, {"retention_days": 60}, "riskier"),
        ({"report_max_odds": "3/2"}, {"report_max_odds": "2"}, "riskier"),
        ({"report_spacing_weeks": 30}, {"report_spacing_weeks": 40}, "safer"),
        (
            {"key_provider": "credential", "key_command": ("tee",)},
            {"key_provider": "command", "key_command": ("tee",)},
            "riskier",
        ),
        ({}, {"language": "de"}, "neutral"),
    ],
)
def test_a_change_is_weighed_against_what_is_in_force(
    before: dict[str, Any], after: dict[str, Any], direction: str
) -> None:
    (change,) = changes(Config(**before), Config(**after))
    assert change.direction == direction


def test_what_does_not_change_is_no_change() -> None:
    config = Config(retention_days=200, reports=False)
    assert changes(config, config) == ()
