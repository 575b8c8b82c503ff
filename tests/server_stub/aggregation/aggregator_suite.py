"""What every Aggregator keeps to; a test class inherits this and brings one."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from edgeagent.messages import Report, ReportTask
from edgeagent.privacy.batches import draw_reports
from edgeagent.privacy.estimation import Totals
from edgeagent.privacy.randomizers import randomizer_for
from server_stub.aggregation.aggregator import Aggregator, WindowSums
from server_stub.ingest.store import ReportStore
from tests.server_stub.loopback import WEEK, make_report, make_task

TASK = make_task()
LAPLACE = make_task(mechanism="discrete_laplace")
TASKS = (TASK, LAPLACE, make_task(epoch=227))
MALFORMED = ((1,) * 9, (2, 0, *(0,) * 7), (3, -1, *(0,) * 7))


def drawn_reports(
    number: int, *, task: ReportTask = TASK, week: int = WEEK, seed: int = 1
) -> list[Report]:
    """Make reports as boxes do, with ids that depend on the arguments alone."""
    generator = np.random.default_rng(seed)
    sessions = generator.integers(0, task.categories, number)
    rows = draw_reports(randomizer_for(task), sessions, generator).astype(int).tolist()
    names = [f"{task.name} {week} {seed} {index}" for index in range(number)]
    return [
        Report(
            report_id=hashlib.sha256(name.encode()).hexdigest()[:32],
            task=task.name,
            week=week,
            counts=tuple(row),
        )
        for name, row in zip(names, rows, strict=True)
    ]


def filled_store(path: Path, reports: Iterable[Report]) -> Path:
    with closing(ReportStore(path)) as store:
        store.add(list(reports))
    return path


def sums_of(reports: Sequence[Report], *, week: int = WEEK, refused: int = 0) -> WindowSums:
    totals = Totals.of((report.counts for report in reports), categories=9)
    return WindowSums(week=week, totals=totals, refused=refused)


class AggregatorSuite:
    @abstractmethod
    def over(
        self, directory: Path, *servers: Sequence[Report], malformed: Sequence[Report] = ()
    ) -> Aggregator:
        """Return what sums the reports that some servers took, and those that none would take."""

    def test_each_task_and_week_has_its_sums(self, tmp_path: Path) -> None:
        first = drawn_reports(200)
        second = drawn_reports(30, week=WEEK + 1)
        third = drawn_reports(50, task=TASKS[2])
        found = self.over(tmp_path, [*first, *third, *second])
        both = (sums_of(first), sums_of(second, week=WEEK + 1))
        assert found.windows(TASK) == both
        assert found.windows(TASK, weeks=(WEEK + 1,)) == both[1:]
        assert found.windows(TASK, weeks=(WEEK + 2,)) == ()
        assert found.windows(TASKS[2]) == (sums_of(third),)
        assert found.windows(LAPLACE) == ()
        assert found.totals(TASK) == both[0].totals + both[1].totals
        assert (found.weeks(TASK), found.closed_weeks(TASK)) == ((WEEK, WEEK + 1), ())

    def test_counts_at_the_limit_are_counted(self, tmp_path: Path) -> None:
        reports = drawn_reports(100, task=LAPLACE)
        for number, counts in enumerate([(999, -999, *(5,) * 7), (999, 998, *(-998,) * 7)]):
            reports.append(make_report(number, task=LAPLACE.name, counts=counts))
        (found,) = self.over(tmp_path, reports).windows(LAPLACE)
        assert found == sums_of(reports)
        assert found.totals.at_limit[:2] == (2, -1)

    def test_a_report_that_two_servers_took_counts_once(self, tmp_path: Path) -> None:
        reports = drawn_reports(120)
        found = self.over(tmp_path, reports[:80], reports[40:])
        assert found.windows(TASK) == (sums_of(reports),)

    def test_of_two_reports_with_one_id_one_counts(self, tmp_path: Path) -> None:
        reports = drawn_reports(20)
        other = make_report(1, report_id=reports[0].report_id, counts=(*(0,) * 7, 1, 1))
        assert other.counts != reports[0].counts
        (found,) = self.over(tmp_path, reports, [other]).windows(TASK)
        assert found in {sums_of(reports), sums_of([other, *reports[1:]])}

    def test_rows_that_no_box_can_have_sent_are_in_no_sum_and_are_counted(
        self, tmp_path: Path
    ) -> None:
        reports = drawn_reports(40)
        wrong = [make_report(number, counts=counts) for number, counts in enumerate(MALFORMED)]
        found = self.over(tmp_path, reports, malformed=wrong)
        assert found.windows(TASK) == (sums_of(reports, refused=3),)

    def test_there_may_be_no_reports(self, tmp_path: Path) -> None:
        found = self.over(tmp_path, [])
        assert found.windows(TASK) == ()
        assert found.totals(TASK) == Totals.none(categories=9)
