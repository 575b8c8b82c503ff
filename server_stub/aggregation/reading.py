"""What the reports say, for programs: estimates, quarters, changes and progress as typed values.

>>> audience = AudienceReader.of(Path("repository"), SqliteAggregator(Path("reports.db")))
>>> for segment in audience.estimate().segments:
...     print(segment.name, segment.low, segment.high)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path

from edgeagent.messages import ModelManifest, ReportTask
from server_stub.aggregation.aggregator import Aggregator
from server_stub.aggregation.changes import ERROR_RATE, AudienceChange, changes_in
from server_stub.aggregation.publication import (
    AudienceEstimate,
    estimate_audience,
    estimate_windows,
)
from server_stub.aggregation.report_progress import ReportProgress, progress_of
from server_stub.distribution.published_tasks import manifest_of, published_tasks

__all__ = ["AudienceReader", "quarter_name"]

_FIRST_YEAR, _QUARTERS = 1970, 4


class AudienceReader:
    """Reads the reports on some tasks, one a quarter; nothing is kept from call to call."""

    def __init__(
        self,
        aggregator: Aggregator,
        tasks: Sequence[ReportTask],
        *,
        manifest: Callable[[ReportTask], ModelManifest | None] = lambda _task: None,
    ) -> None:
        """Read what ``aggregator`` sums.

        Args:
            aggregator: of a store, or of a spool.
            tasks: one or more, in the order of their quarters.
            manifest: finds the manifest that names a task's segments.

        """
        self._aggregator = aggregator
        self.tasks = tuple(tasks)
        self._manifest = manifest

    @classmethod
    def of(cls, repository: Path, aggregator: Aggregator) -> AudienceReader:
        """Read the reports on all tasks that a repository holds.

        Raises:
            InputError: there is no task in it, or one that does not decode.

        """
        return cls(
            aggregator,
            published_tasks(repository),
            manifest=lambda task: manifest_of(repository, task),
        )

    def estimate(
        self,
        task: ReportTask | None = None,
        *,
        weeks: Sequence[int] = (),
        simultaneous: bool = False,
        half_width: float | None = None,
    ) -> AudienceEstimate:
        """Estimate each segment's share of the sessions of reporting boxes.

        Args:
            task: of the quarter; ``None``: the newest.
            weeks: pool these UTC weeks only; empty: all of the quarter. Every report has the same
                weight.
            simultaneous: widen the intervals until all hold jointly at 95 % (Bonferroni).
            half_width: the precision that a publication states. Whether it may be published, or why
                not, is in the answer; without a half-width it may not.

        Raises:
            InputError: there are no such reports.

        """
        task = task or self.tasks[-1]
        return estimate_audience(
            self._aggregator,
            task,
            weeks=weeks,
            simultaneous=simultaneous,
            half_width=half_width,
            manifest=self._manifest(task),
        )

    def quarters(
        self, *, simultaneous: bool = False, half_width: float | None = None
    ) -> tuple[AudienceEstimate, ...]:
        """Estimate every quarter whose segments are the newest's, earliest first.

        Quarters before another model assigned the segments are left out: equal numbers would not
        mean equal segments. So are quarters without reports, and of two tasks in a quarter the
        earlier one.
        """
        found = self._newest_first(simultaneous=simultaneous, half_width=half_width)
        first = next(found, None)
        if first is None:
            return ()
        same = takewhile(
            lambda one: (one.model_sha256, one.unit) == (first.model_sha256, first.unit), found
        )
        return (*reversed(tuple(same)), first)

    def _newest_first(
        self, *, simultaneous: bool, half_width: float | None
    ) -> Iterator[AudienceEstimate]:
        seen: set[int] = set()
        for task in reversed(self.tasks):
            windows = self._aggregator.windows(task)
            if task.epoch not in seen and any(window.totals.reports for window in windows):
                seen.add(task.epoch)
                yield estimate_windows(
                    windows,
                    task,
                    simultaneous=simultaneous,
                    half_width=half_width,
                    manifest=self._manifest(task),
                )

    def changes(self, *, error_rate: float = ERROR_RATE) -> tuple[AudienceChange, ...]:
        """Compare each of :meth:`quarters` with the one before it, all differences together.

        Args:
            error_rate: the chance that any change is stated though nothing changed (Holm).

        Raises:
            InputError: there are fewer than two such quarters.

        """
        return changes_in(self.quarters(), error_rate=error_rate)

    def progress(
        self, task: ReportTask | None = None, *, now: int, half_width: float | None = None
    ) -> ReportProgress:
        """Count the reports on a task, and what publication still takes.

        Args:
            task: of the quarter; ``None``: the newest.
            now: seconds UTC.
            half_width: the precision that a publication will state.

        """
        task = task or self.tasks[-1]
        return progress_of(self._aggregator, task, now=now, half_width=half_width)


def quarter_name(quarter: int) -> str:
    """Return a quarter as people write it: 226 is "2026 Q3"."""
    year, number = divmod(quarter, _QUARTERS)
    return f"{_FIRST_YEAR + year} Q{number + 1}"
