from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from edgeagent.clock import quarter_of
from edgeagent.messages import canonical_bytes
from edgeagent.privacy.estimation import Totals
from server_stub.aggregation.aggregator import WindowSums
from server_stub.demo.segments import HIT
from server_stub.distribution.published_tasks import published_tasks
from server_stub.page.compute import compute
from server_stub.page.figures import PageFigures
from tests.server_stub.aggregation.given_sums import GivenSums
from tests.server_stub.page.given_page import (
    FEW_WEEKS,
    HALF_WIDTH,
    LAST_WEEK,
    NOW,
    SENSITIVE,
    WEEKS,
    made_figures,
    made_repository,
    made_sums,
    totals_for,
)


def oddities(directory: Path, week: WindowSums) -> list[str]:
    """Return what is said of the last week, replaced by this one."""
    repository = made_repository(directory / "made")
    sums = made_sums(repository, weeks=FEW_WEEKS, changed={LAST_WEEK: week})
    figures = compute(sums, repository, now=NOW, half_width=HALF_WIDTH)
    return list(figures.quarters[0].windows[-1].oddities)


def even(reports: int) -> list[int]:
    return [number % 30 for number in range(reports)]


def test_quarters_come_newest_first_with_all_their_weeks(figures: PageFigures) -> None:
    epochs = [quarter.task.epoch for quarter in figures.quarters]
    assert epochs == sorted({quarter_of(week) for week in WEEKS}, reverse=True)
    found = [window.week for quarter in figures.quarters for window in quarter.windows]
    assert sorted(found) == list(WEEKS)
    assert figures.quarter(None) is figures.quarters[0]
    assert figures.quarter(str(epochs[1])) is figures.quarters[1]
    assert figures.quarter("no quarter") is figures.quarters[0]


def test_honest_weeks_have_no_oddities(figures: PageFigures) -> None:
    assert not [w.oddities for q in figures.quarters for w in q.windows if w.oddities]


def test_sensitive_segments_are_nowhere(figures: PageFigures) -> None:
    estimates = [q.estimate for q in figures.quarters]
    estimates += [w.estimate for q in figures.quarters for w in q.windows]
    listed = {segment.category for estimate in estimates for segment in estimate.segments}
    described = {one.category for one in figures.descriptions}
    assert listed == set(range(33)) - set(SENSITIVE)
    assert described == set(range(32)) - set(SENSITIVE)


def test_the_hit_is_a_change_and_where_it_is_said(figures: PageFigures) -> None:
    now = figures.quarters[0]
    change = figures.change_of(now, HIT)
    assert change is not None
    assert change.verdict == "changed"
    assert change.difference > 0
    assert figures.change_of(now, 99) is None
    assert figures.before(now) is figures.quarters[1]
    assert [one.task.epoch for one in figures.alike(now)] == sorted(
        one.task.epoch for one in figures.quarters
    )


def test_what_may_not_be_published_is_not_in_the_message(tmp_path: Path) -> None:
    figures = made_figures(tmp_path, reports=400)  # 16 weeks; the quarters have 1,200 to 5,200
    held_back = [q for q in figures.quarters if q.estimate.reports < 5000]
    assert held_back
    for quarter in held_back:
        assert quarter.estimate.segments == ()
        assert "fewer than 5,000 reports" in quarter.estimate.withheld_because[0]
    assert not any(w.estimate.segments for q in figures.quarters for w in q.windows)
    assert figures.changes == ()


def test_what_is_less_precise_than_stated_is_held_back(tmp_path: Path) -> None:
    repository = made_repository(tmp_path / "made")
    sums = made_sums(repository, weeks=FEW_WEEKS)
    figures = compute(sums, repository, now=NOW, half_width=0.001)
    assert not any(q.estimate.segments for q in figures.quarters)
    assert "0.001 is stated" in figures.quarters[0].estimate.withheld_because[0]
    assert figures.before(figures.quarters[0]) is None


def test_a_server_without_reports_has_no_quarter_yet(tmp_path: Path) -> None:
    repository = made_repository(tmp_path / "made")
    figures = compute(GivenSums(), repository, now=NOW, half_width=HALF_WIDTH)
    assert figures.quarters == ()
    assert figures.quarter(None) is None
    assert figures.manifest is not None


def test_other_segments_are_not_compared(tmp_path: Path) -> None:
    repository = made_repository(tmp_path / "made")
    task = published_tasks(repository)[-1]
    segmenter = msgspec.structs.replace(
        task.segmenter, model=msgspec.structs.replace(task.segmenter.model, sha256="f" * 64)
    )
    for path in (repository / "targets" / "tasks").iterdir():
        if path.read_bytes() == canonical_bytes(task):
            path.write_bytes(canonical_bytes(msgspec.structs.replace(task, segmenter=segmenter)))
    figures = compute(made_sums(repository), repository, now=NOW, half_width=HALF_WIDTH)
    now = figures.quarters[0]
    assert figures.before(now) is None
    assert figures.alike(now) == (now,)
    assert all(change.after_quarter != now.task.epoch for change in figures.changes)
    assert figures.manifest is None  # the repository has none of that model
    assert figures.release is None  # and what was changed by hand does not verify
    assert figures.descriptions == ()


def test_of_two_tasks_in_a_quarter_the_later_one_counts(tmp_path: Path) -> None:
    repository = made_repository(tmp_path / "made")
    task = published_tasks(repository)[-1]
    earlier = msgspec.structs.replace(task, odds_numerator=2, first_week=task.first_week - 1)
    (repository / "targets" / "tasks" / f"{'0' * 64}.report.json").write_bytes(
        canonical_bytes(earlier)
    )
    sums = made_sums(repository, weeks=FEW_WEEKS)
    both = GivenSums(sums={**sums.sums, earlier.name: sums.sums[task.name]})
    figures = compute(both, repository, now=NOW, half_width=HALF_WIDTH)
    assert [q.task.name for q in figures.quarters if q.task.epoch == task.epoch] == [task.name]


def test_rows_that_no_box_sends_are_a_sign(tmp_path: Path) -> None:
    repository = made_repository(tmp_path / "made")
    totals = totals_for(even(20_000), repository=repository)
    (said,) = oddities(tmp_path, WindowSums(week=LAST_WEEK, totals=totals, refused=3))
    assert said == "3 stored reports are none that a box can send"


def test_far_more_reports_than_usual_are_a_sign(tmp_path: Path) -> None:
    repository = made_repository(tmp_path / "made")
    totals = totals_for(even(40_000), repository=repository)
    (said,) = oddities(tmp_path, WindowSums(week=LAST_WEEK, totals=totals))
    assert said == "2.0 times as many reports as in the quarter's middle week"


def test_reports_on_what_boxes_never_report_are_a_sign(tmp_path: Path) -> None:
    repository = made_repository(tmp_path / "made")
    sessions = [*even(18_000), *[SENSITIVE[0]] * 2000]
    totals = totals_for(sessions, repository=repository)
    (said,) = oddities(tmp_path, WindowSums(week=LAST_WEEK, totals=totals))
    assert "one segment is reported that every box counts as “none”" in said


def test_shares_below_nothing_are_a_sign(tmp_path: Path) -> None:
    # Forged reports that all name the same eight categories: the others fall below nothing.
    repository = made_repository(tmp_path / "made")
    honest = totals_for(even(17_000), repository=repository)
    forged = np.array([3000] * 8 + [0] * 25) + np.array(honest.counts)
    totals = Totals(reports=20_000, counts=tuple(forged.tolist()), at_limit=honest.at_limit)
    said = oddities(tmp_path, WindowSums(week=LAST_WEEK, totals=totals))
    assert any("below nothing" in words for words in said)


@pytest.mark.parametrize("missing", ["catalogue", "models"])
def test_a_repository_that_misses_a_part_is_no_error(tmp_path: Path, missing: str) -> None:
    repository = made_repository(tmp_path / "made")
    for path in (repository / "targets" / missing).iterdir():
        path.unlink()
    figures = compute(
        made_sums(repository, weeks=FEW_WEEKS), repository, now=NOW, half_width=HALF_WIDTH
    )
    assert figures.descriptions == ()
    assert figures.quarters[0].estimate.segments
    assert (figures.manifest is None) == (missing == "models")
    assert (figures.catalogue_titles is None) == (missing == "catalogue")
