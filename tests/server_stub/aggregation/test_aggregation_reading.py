"""The reading API: quarters that compare, changes, progress."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from edgeagent.clock import week_start
from edgeagent.errors import InputError
from edgeagent.messages import ReportTask, Segmenter
from edgeagent.privacy.estimation import Totals
from server_stub.aggregation.aggregator import WindowSums
from server_stub.aggregation.reading import AudienceReader, quarter_name
from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from server_stub.ingest.store import ReportStore
from tests.server_stub.aggregation.given_sums import GivenSums, drawn_totals
from tests.server_stub.loopback import (
    WEEK,
    make_manifest,
    make_report,
    make_repository,
    make_task,
    reference,
)

EVEN = (1 / 9,) * 9
EARLIER = make_task(
    epoch=224,
    segmenter=Segmenter(
        space_id="0" * 16,
        model=reference("models/segments.onnx", "d"),
        catalogue=reference("catalogue/titles.bin"),
    ),
)
TASKS = (EARLIER, make_task(epoch=225), make_task(epoch=226), make_task(epoch=227))


def window(
    task: ReportTask, week: int = WEEK, *, boxes: int = 6000, refused: int = 0
) -> WindowSums:
    generator = np.random.default_rng(week)
    totals = drawn_totals(task, EVEN, boxes=boxes, generator=generator)
    return WindowSums(week=week, totals=totals, final=week == WEEK, refused=refused)


def reader() -> AudienceReader:
    """Read four quarters: another model's, two that compare, and one without reports."""
    sums = {task.name: (window(task), window(task, WEEK + 1)) for task in TASKS[:3]}
    return AudienceReader(GivenSums(sums=sums), TASKS, manifest=lambda _task: make_manifest())


def test_quarters_are_those_whose_segments_compare() -> None:
    found = reader().quarters(half_width=0.1)
    assert [estimate.quarter for estimate in found] == [225, 226]
    assert [estimate.publishable for estimate in found] == [True, True]
    assert found[1] == reader().estimate(TASKS[2], half_width=0.1)
    assert found[1].segments[0].name == "Genre 0"
    assert AudienceReader(GivenSums(), TASKS).quarters() == ()


def test_of_two_tasks_of_a_quarter_the_later_one_counts() -> None:
    changed = make_task(epoch=226, odds_numerator=2)
    sums = {task.name: (window(task),) for task in (*TASKS, changed)}
    read = AudienceReader(GivenSums(sums=sums), (*TASKS[:3], changed))
    assert [estimate.task for estimate in read.quarters()] == [TASKS[1].name, changed.name]


def test_changes_are_those_of_the_quarters() -> None:
    (found,) = reader().changes()
    assert (found.before_quarter, found.after_quarter, found.comparisons) == (225, 226, 9)
    with pytest.raises(InputError, match="nothing to be compared with"):
        AudienceReader(GivenSums(), TASKS).changes()


def test_a_quarter_without_reports_cannot_be_estimated() -> None:
    with pytest.raises(InputError, match="no reports on"):
        reader().estimate()


def test_progress_counts_to_publication() -> None:
    sums = {TASKS[1].name: (window(TASKS[1], boxes=600), window(TASKS[1], WEEK + 1, boxes=400))}
    read = AudienceReader(GivenSums(sums=sums), TASKS)
    found = read.progress(TASKS[1], now=week_start(WEEK + 2) + 5)
    assert (found.quarter, found.reports, found.needed, found.fraction) == (225, 1000, 5000, 0.2)
    assert [(week.week, week.reports, week.final) for week in found.weeks] == [
        (WEEK, 600, True),
        (WEEK + 1, 400, False),
    ]
    assert found.weeks[0].begins == "2026-09-21T00:00:00Z"
    assert found.next_reports_at == "2026-10-12T00:00:00Z"
    assert read.progress(now=0).reports == 0


def test_a_half_width_that_takes_four_times_the_reports_says_so() -> None:
    task = TASKS[1]
    read = AudienceReader(GivenSums(sums={task.name: (window(task),)}), TASKS)
    width = read.estimate(task).max_half_width
    found = read.progress(task, now=0, half_width=width / 2)
    assert found.needed == pytest.approx(24_000, abs=1)
    assert read.progress(task, now=0, half_width=1.0).needed == 5000
    assert read.progress(now=0, half_width=0.1).needed == 5000


def test_rows_that_no_box_can_have_sent_are_shown() -> None:
    sums = {TASKS[1].name: (window(TASKS[1], refused=3),)}
    found = AudienceReader(GivenSums(sums=sums), TASKS).progress(TASKS[1], now=0)
    assert (found.refused, found.weeks[0].refused) == (3, 3)


def test_a_repository_and_a_store_are_read(tmp_path: Path) -> None:
    with closing(ReportStore(tmp_path / "r.db")) as store:
        store.add([make_report(1), make_report(2)])
    read = AudienceReader.of(
        make_repository(tmp_path / "repository"), SqliteAggregator(tmp_path / "r.db")
    )
    assert read.estimate().reports == 2
    assert read.estimate().segments[7].name == "Genre 7"
    assert [estimate.reports for estimate in read.quarters()] == [2]
    assert read.progress(now=0).weeks[0].reports == 2


def test_quarters_have_names() -> None:
    assert (quarter_name(0), quarter_name(227)) == ("1970 Q1", "2026 Q4")


def test_totals_of_no_week_are_nothing() -> None:
    assert GivenSums().totals(TASKS[0]) == Totals.none(categories=9)
