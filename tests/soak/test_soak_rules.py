"""The rules that lives are judged by."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, week_start
from edgeagent.consent import Purpose
from edgeagent.store import Disclosure
from edgeagent.testing.agent_box import AgentBox
from tests.soak.bounds import LIMITS, Measured, beyond, measure, over_budget
from tests.soak.kills import CommitImage
from tests.soak.model import Expected
from tests.soak.world import missing

WEEK = 2950
BEGINS = week_start(WEEK)
LATER = BEGINS + 2 * WEEK_SECONDS


def consenting(*, at: int) -> Expected:
    expected = Expected()
    for purpose in (Purpose.HISTORY, Purpose.REPORTING):
        expected.apply("grant", at=at, profile="main", purpose=purpose)
    return expected


def disclosure(week: int, odds: int = 3) -> Disclosure:
    return Disclosure(
        report_id=f"{week:032x}",
        week=week,
        task="any",
        body=b"",
        odds=Fraction(odds),
        drawn_at=0,
        due_at=0,
        recipient="",
        meaning="",
        settled_at=None,
        outcome=None,
        detail=None,
    )


def test_a_week_of_consent_is_drawn_once_there_was_time_for_it() -> None:
    expected = consenting(at=BEGINS - 1)
    assert expected.week(WEEK, now=LATER) == "drawn"
    assert expected.week(WEEK, now=BEGINS + WEEK_SECONDS + DAY_SECONDS) == "either"


def test_a_week_that_began_without_consent_is_silent() -> None:
    assert consenting(at=BEGINS + 1).week(WEEK, now=LATER) == "silent"


def test_a_week_in_which_consent_was_taken_back_is_silent() -> None:
    expected = consenting(at=BEGINS - 1)
    for kind in ("withdraw", "grant"):
        expected.apply(
            "withdraw" if kind == "withdraw" else "grant",
            at=BEGINS + DAY_SECONDS,
            profile="main",
            purpose=Purpose.REPORTING,
        )
    assert expected.week(WEEK, now=LATER) == "silent"


def test_consent_taken_back_while_the_week_is_closed_allows_both() -> None:
    expected = consenting(at=BEGINS - 1)
    at = BEGINS + WEEK_SECONDS + 3600
    expected.apply("withdraw", at=at, profile="main", purpose=Purpose.REPORTING)
    assert expected.week(WEEK, now=LATER) == "either"


def test_a_hindered_week_may_be_drawn_or_not_and_not_without_consent() -> None:
    expected = consenting(at=BEGINS - 1)
    expected.hindered_weeks.add(WEEK + 1)
    assert expected.week(WEEK, now=LATER) == "either"
    assert expected.week(WEEK - 1, now=LATER) == "silent"


def test_what_is_a_profiles_own_goes_with_its_new_name() -> None:
    expected = consenting(at=BEGINS - 1)
    expected.apply("record", at=BEGINS, profile="main", watched=((BEGINS, "t:01"),))
    expected.rename("main", "Ada")
    assert expected.plain.watched == {("Ada", BEGINS, "t:01")}
    assert (expected.active, expected.names) == ("Ada", ["Ada"])
    assert expected.week(WEEK, now=LATER) == "drawn"


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_each_limit_is_kept_up_to_its_last_byte(name: str) -> None:
    first = Measured(resident_bytes=1000, descriptors=10, threads=3)
    field, start = name.replace("_growth", ""), 0
    if field != name:
        start = getattr(first, field)
    at_limit = replace(first, **{field: start + LIMITS[name]})
    assert list(beyond(first, at_limit)) == []
    more = replace(first, **{field: start + LIMITS[name] + 1})
    assert [one.partition(":")[0] for one in beyond(first, more)] == [name]


def test_a_quarter_between_reports_is_within_the_budget_and_a_week_less_is_not() -> None:
    assert list(over_budget([disclosure(WEEK + 13 * n) for n in range(8)])) == []
    assert len(list(over_budget([disclosure(WEEK), disclosure(WEEK + 12)]))) == 1


def test_a_year_that_costs_too_much_is_over_budget() -> None:
    assert list(over_budget([disclosure(WEEK + 13 * n, odds=4) for n in range(4)])) != []


def test_what_never_happened_in_a_month_is_named() -> None:
    happened = {"binge": 2, "full disk": 0, "kill after a report was posted": 0}
    assert missing(happened, days=29) == []
    assert missing(happened, days=30) == ["full disk"]


def test_a_year_without_a_report_to_be_killed_at_is_named() -> None:
    assert missing({"kill after a report was posted": 0}, days=364) == []
    assert missing({"kill after a report was posted": 0}, days=365) != []


@pytest.fixture
def box(tmp_path: Path) -> AgentBox:
    return AgentBox(directory=tmp_path / "home", runtime_directory=tmp_path / "run")


def test_a_killed_box_is_as_it_was_when_the_commit_began(box: AgentBox) -> None:
    image = CommitImage(box.directory)
    with box.open() as agent:
        agent.grant(Purpose.HISTORY)
        before = agent.gate.states("main")
        with image.at_commit(agent, 1):
            agent.grant(Purpose.REPORTING)
        assert agent.gate.states("main") != before
    image.put_back()
    with box.open() as agent:
        assert agent.gate.states("main") == before
    assert not image.exists


def test_a_second_name_of_a_file_stays_one(box: AgentBox) -> None:
    with box.open() as agent:
        agent.grant(Purpose.HISTORY)
    files = box.directory / "file", box.directory / "second name"
    files[0].write_bytes(b"x")
    files[1].hardlink_to(files[0])
    image = CommitImage(box.directory)
    image.copy()
    image.put_back()
    assert files[1].samefile(files[0])


def test_nothing_is_copied_where_there_are_fewer_commits(box: AgentBox) -> None:
    image = CommitImage(box.directory)
    with box.open() as agent, image.at_commit(agent, 50):
        agent.grant(Purpose.HISTORY)
    assert not image.exists


def test_a_new_box_is_within_all_limits(box: AgentBox) -> None:
    with box.open() as agent:
        night = measure(agent, now=box.clock.now())
    assert night.ledger_bytes > 0
    assert night.log_bytes > 0
    assert list(beyond(night, night)) == []
