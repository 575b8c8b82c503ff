"""Sums of the reports in one server's store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path

import msgspec

from edgeagent.messages import ReportTask, canonical_bytes
from edgeagent.privacy.estimation import Totals
from edgeagent.privacy.randomizers import randomizer_for
from server_stub.aggregation.aggregator import Aggregator, WindowSums
from server_stub.ingest.store import open_for_reading
from server_stub.report_sums import sum_counts

__all__ = ["SqliteAggregator"]

_CHUNK = 20_000
"""Rows sorted by week at a time, 3 MB: the store orders them by id, and an index by week would cost
each report another write."""
_OPEN = (
    "NOT EXISTS (SELECT 1 FROM closed_window AS closed WHERE closed.task = report.task "
    "AND closed.week = report.week AND closed.sums IS NOT NULL)"
)
"""Of a window that has its sums, what is left of the reports waits to be deleted."""
_CHOSEN = "task = :task AND (:weeks = '[]' OR week IN (SELECT value FROM json_each(:weeks)))"


class SqliteAggregator(Aggregator):
    """Sums read from a server's store; the server may be running."""

    def __init__(self, path: Path) -> None:
        """Read from ``path``, which is opened for each call and not kept open."""
        self._path = path

    def report_count(self) -> int:
        """Return how many reports there are, of all tasks and weeks."""
        with open_for_reading(self._path) as connection:
            (count,) = connection.execute(
                f"SELECT (SELECT count(*) FROM report WHERE {_OPEN}) "  # noqa: S608  (a constant)
                "+ (SELECT coalesce(sum(json_extract(sums, '$.reports')), 0) FROM closed_window)"
            ).fetchone()
        return int(count)

    def windows(self, task: ReportTask, *, weeks: Sequence[int] = ()) -> tuple[WindowSums, ...]:
        """Sum the reports on a task; see :class:`Aggregator`."""
        parameters = {"task": task.name, "weeks": canonical_bytes(list(weeks)).decode()}
        with open_for_reading(self._path) as connection:
            connection.execute("BEGIN")  # all from one state: a window may be closed meanwhile
            rows = connection.execute(
                f"SELECT week, counts FROM report WHERE {_CHOSEN} AND {_OPEN}",  # noqa: S608
                parameters,
            )
            found = _by_week(rows, task)
            for week, sums in connection.execute(
                f"SELECT week, sums FROM closed_window WHERE {_CHOSEN}",  # noqa: S608
                parameters,
            ):
                window = found.get(week, _nothing(week, task))
                totals = msgspec.json.decode(sums, type=Totals) if sums else window.totals
                found[week] = WindowSums(
                    week=week, totals=totals, final=True, refused=window.refused
                )
        return tuple(found[week] for week in sorted(found))


def _nothing(week: int, task: ReportTask) -> WindowSums:
    return WindowSums(week=week, totals=Totals.none(categories=task.categories))


def _by_week(rows: Iterable[tuple[int, str]], task: ReportTask) -> dict[int, WindowSums]:
    is_possible = randomizer_for(task).is_possible
    found: dict[int, WindowSums] = {}
    remaining = iter(rows)
    while chunk := sorted(islice(remaining, _CHUNK), key=itemgetter(0)):
        for week, group in groupby(chunk, key=itemgetter(0)):
            counts = [row for _week, row in group]
            totals = sum_counts(counts, categories=task.categories, is_possible=is_possible)
            before = found.get(week, _nothing(week, task))
            found[week] = WindowSums(
                week=week,
                totals=before.totals + totals,
                refused=before.refused + len(counts) - totals.reports,
            )
    return found
