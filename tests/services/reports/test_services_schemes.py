"""Reports on groups of segments by time of day: the same one report, and only where permitted."""

from __future__ import annotations

from typing import Literal

import msgspec
import pytest

from edgeagent.clock import quarter_of, week_start
from edgeagent.consent import Purpose
from edgeagent.messages import ReportTask, decode_report
from edgeagent.messages.fields import Obstacle
from edgeagent.messages.task import GroupDayparts
from edgeagent.services.models.installation import InstallationStore, category_labels
from edgeagent.services.reports.count_week import WeekCounter
from edgeagent.testing.randomness import SeededRandomSource
from tests.services.conftest import Box, task

BOTH = (Purpose.HISTORY, Purpose.REPORTING)
GROUPS = tuple(segment % 8 for segment in range(32))
FILM_SECONDS = 6000
Mechanism = Literal["subset_selection", "discrete_laplace"]


def by_group(mechanism: Mechanism = "subset_selection", *, offset: int = 0) -> ReportTask:
    scheme = GroupDayparts(groups=GROUPS, utc_offset_minutes=offset)
    return task(mechanism=mechanism, by_group=scheme)


def prepared(box: Box, asked: ReportTask) -> int:
    """Return the reporting week of a box that takes part in a task."""
    box.install(asked)
    box.grant(*BOTH)
    return box.reporting_week()


@pytest.mark.parametrize("mechanism", ["subset_selection", "discrete_laplace"])
def test_a_report_by_group_and_time_of_day_is_one_of_the_same_bytes_and_cost(
    box: Box, mechanism: Mechanism
) -> None:
    prepared(box, by_group(mechanism))
    week = box.go_to_end_of_reporting_week()
    assert box.agent.close_week().outcome == "drawn"
    assert box.agent.close_week().outcome == "already_closed"
    (disclosure,) = box.agent.disclosures()
    report = decode_report(disclosure.body)
    assert report.task == f"{mechanism}.group_daypart.33.3-1.{quarter_of(week)}"
    assert (len(disclosure.body), len(report.counts)) == (512, 33)
    assert "group of segments and part of the day" in disclosure.meaning
    assert [debit.odds for debit in box.agent._home.ledger.debits()] == [3]
    assert box.agent.reports.verify_disclosures().ok
    assert box.agent.reports.assess().conclusions.reports == 1


@pytest.mark.parametrize(
    ("ended", "offset", "category"),
    [(20, 0, 15), (20, 60, 15), (13, 0, 13), (13, 180, 14), (1, 0, 15), (1, 120, 12)],
)
def test_a_session_counts_where_it_began_in_the_zone_of_the_task(
    box: Box, ended: int, offset: int, category: int
) -> None:
    asked = by_group("discrete_laplace", offset=offset)
    week = prepared(box, asked)
    box.clock.set(week_start(week) + 3 * 86_400 + ended * 3600)
    box.watch("t:1")  # for 100 minutes, as nothing better is known
    counter = WeekCounter(
        box=box.agent._box,
        installations=InstallationStore(box.agent._home.ledger, box.directory / "models"),
        scorer=box.scorer,
    )
    sessions = counter.sessions(week, task=asked, profiles=("main",))
    counts = counter.count(sessions, task=asked, random=SeededRandomSource("")).counts
    assert [number for number, count in enumerate(counts) if count] == [category]


def test_settings_may_rule_the_time_of_day_out(box: Box) -> None:
    box.config = msgspec.structs.replace(box.config, report_schemes=("segment",))
    box.reopen()
    prepared(box, by_group())
    week = box.go_to_end_of_reporting_week()
    assert box.agent.reports.obstacle(week) == (
        Obstacle.LIMITS,
        "the task asks for group_daypart, which the settings rule out",
    )
    assert box.agent.close_week().outcome == "silent"
    assert box.agent._home.ledger.debits() == ()


def test_the_categories_are_named_by_group_and_part_of_the_day(box: Box) -> None:
    asked = by_group()
    prepared(box, asked)
    installed = box.agent.installation()
    assert installed.task is not None
    labels = category_labels(installed, task=installed.task.name, categories=33)
    assert len(labels) == 33
    assert labels[0].name == "segment 0, segment 8 and 2 more, night"
    assert labels[23].name == "segment 13, segment 21 and 1 more, evening"  # 5 is sensitive
    beliefs = box.agent.reports.assess().conclusions.beliefs
    assert [belief.category for belief in beliefs] == [label.name for label in labels]
    facts = box.agent.reports.impact().task
    assert facts is not None
    assert (facts.scheme, facts.zone, facts.counted_as_none) == (
        "group_daypart",
        "UTC+00:00",
        ("segment 5",),
    )
