"""Work the page's figures out from a store and its repository."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

import msgspec

from edgeagent.errors import InputError
from edgeagent.messages import ModelManifest, ReportTask
from edgeagent.privacy.estimation import Estimate, Totals, each_of
from edgeagent.privacy.randomizers import randomizer_for
from server_stub.aggregation.aggregator import Aggregator, WindowSums
from server_stub.aggregation.changes import AudienceChange, changes_in
from server_stub.aggregation.publication import AudienceEstimate, estimate_windows
from server_stub.aggregation.report_progress import progress_of
from server_stub.distribution.facts import repository_facts
from server_stub.distribution.published_tasks import manifest_of, published_tasks
from server_stub.page.descriptions import catalogue_in, describe
from server_stub.page.figures import (
    NumberedBrief,
    PageFigures,
    QuarterFigures,
    ReleaseInForce,
    WindowFigures,
)
from server_stub.planning.brief import brief_segment
from server_stub.planning.files import load_portrait
from server_stub.planning.mix import session_mix

__all__ = ["compute"]

_CONFIDENCE = 0.95
_MANY_TIMES = 1.5
_FEWEST_WEEKS = 4
"""To say what is usual."""


class _Known(Aggregator):
    """Sums that were read already, so that every week is added up once."""

    def __init__(self, windows: Sequence[WindowSums]) -> None:
        self._windows = windows

    def windows(self, task: ReportTask, *, weeks: Sequence[int] = ()) -> tuple[WindowSums, ...]:
        """Return those of the given weeks; of all weeks if none is given."""
        del task
        return tuple(window for window in self._windows if not weeks or window.week in weeks)


def compute(
    aggregator: Aggregator,
    repository: Path,
    *,
    now: int,
    half_width: float,
    portrait: Path | None = None,
) -> PageFigures:
    """Work out everything that the page shows.

    Args:
        aggregator: sums the reports.
        repository: names tasks and segments.
        now: seconds UTC.
        half_width: what is less precise than this is withheld, as a share.
        portrait: of the panel; with it the newest quarter's segments have briefs.

    Raises:
        InputError: the repository has no task, or one that does not decode; or the portrait is of
            another model.
        StorageError: the store cannot be read.

    """
    tasks = published_tasks(repository)
    quarters: list[QuarterFigures] = []
    for task in reversed(tasks):
        if any(quarter.task.epoch == task.epoch for quarter in quarters):
            continue  # of two tasks in a quarter, the later one
        windows = [window for window in aggregator.windows(task) if window.totals.reports]
        if windows:
            manifest = manifest_of(repository, task)
            quarters.append(_quarter(task, windows, manifest, now=now, half_width=half_width))
    newest = quarters[0].task if quarters else tasks[-1]
    manifest = manifest_of(repository, newest)
    catalogue = catalogue_in(repository, newest.segmenter.catalogue)
    return PageFigures(
        made_at=now,
        half_width=half_width,
        quarters=tuple(quarters),
        changes=_changes(quarters),
        release=_release(repository, newest, now=now),
        manifest=manifest,
        catalogue_titles=len(catalogue.titles) if catalogue else None,
        descriptions=describe(manifest, catalogue, sensitive=newest.sensitive)
        if manifest and catalogue and newest.scheme == "segment"
        else (),
        briefs=_briefs(aggregator, quarters[0], manifest, portrait)
        if portrait and quarters and quarters[0].estimate.segments
        else (),
    )


def _briefs(
    aggregator: Aggregator, quarter: QuarterFigures, manifest: ModelManifest | None, path: Path
) -> tuple[NumberedBrief, ...]:
    task = quarter.task
    portrait = load_portrait(path, task)
    mix = session_mix(aggregator, task, manifest)
    return tuple(
        NumberedBrief(segment=number, brief=brief_segment(mix, number, portrait))
        for number in range(task.segments)
        if number not in task.sensitive
    )


def _release(repository: Path, task: ReportTask, *, now: int) -> ReleaseInForce | None:
    try:
        facts = repository_facts(repository, now=now)
    except InputError:  # its metadata is damaged; the task was read all the same
        return None
    model, candidate, listed = facts["model"], facts["candidate"], facts["releases"]
    return ReleaseInForce(
        model_version=model["version"] if model else None,
        candidate_version=candidate["version"] if candidate else None,
        percent=facts["percent"],
        stopped_models=len(facts["stopped_models"]),
        task_is_stopped=task.name in facts["stopped_tasks"],
        releases=listed["length"] if listed else None,
        list_head=listed["head"] if listed else None,
    )


def _quarter(
    task: ReportTask,
    windows: Sequence[WindowSums],
    manifest: ModelManifest | None,
    *,
    now: int,
    half_width: float,
) -> QuarterFigures:
    def estimated(of: Sequence[WindowSums]) -> AudienceEstimate:
        found = estimate_windows(of, task, half_width=half_width, manifest=manifest)
        return found if found.publishable else msgspec.structs.replace(found, segments=())

    usual = median(window.totals.reports for window in windows)
    return QuarterFigures(
        task=task,
        estimate=estimated(windows),
        progress=progress_of(_Known(windows), task, now=now, half_width=half_width),
        windows=tuple(
            WindowFigures(
                week=window.week,
                reports=window.totals.reports,
                final=window.final,
                estimate=estimated([window]),
                oddities=_oddities(
                    task, window, usual=usual if len(windows) >= _FEWEST_WEEKS else None
                ),
            )
            for window in windows
        ),
    )


def _oddities(task: ReportTask, window: WindowSums, *, usual: float | None) -> tuple[str, ...]:
    """Say what the sums of a week cannot be, or seldom are, if every report came from a box."""
    found = []
    if window.refused:
        found.append(f"{window.refused:,} stored reports are none that a box can send")
    if usual is not None and window.totals.reports > _MANY_TIMES * usual:
        found.append(
            f"{window.totals.reports / usual:.1f} times as many reports as in the quarter's "
            "middle week"
        )
    estimate = _joint(task, window.totals)
    below = sum(high < 0 for _, high in estimate.intervals)
    if below:
        found.append(f"{_segments(below)} below nothing by more than noise explains")
    hidden = [estimate.intervals[category] for category in task.empty_categories]
    there = sum(low > 0 for low, _ in hidden)
    if there:
        found.append(
            f"{_segments(there)} reported that every box counts as “none”, by more than noise "
            "explains"
        )
    return tuple(found)


def _joint(task: ReportTask, totals: Totals) -> Estimate:
    confidence = each_of(task.categories, confidence=_CONFIDENCE)
    return randomizer_for(task).estimate(totals, confidence=confidence)


def _segments(number: int) -> str:
    return "one segment is" if number == 1 else f"{number} segments are"


def _changes(quarters: Sequence[QuarterFigures]) -> tuple[AudienceChange, ...]:
    """Compare each quarter with the one before it.

    Args:
        quarters: newest first.

    """
    return tuple(
        change
        for after, before in pairwise(quarters)
        if before.task.epoch == after.task.epoch - 1 and before.is_comparable(after)
        for change in changes_in([before.estimate, after.estimate])
    )
