"""Sums of reports, which is all that estimation needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from edgeagent.messages import ReportTask, canonical_bytes
from edgeagent.privacy.estimation import Totals
from server_stub.ingest.store import open_for_reading
from server_stub.report_sums import sum_counts

__all__ = ["Aggregator", "SqliteAggregator"]

_OPEN = (
    "NOT EXISTS (SELECT 1 FROM closed_window AS closed WHERE closed.task = report.task "
    "AND closed.week = report.week AND closed.sums IS NOT NULL)"
)
"""Of a window that has its sums, what is left of the reports waits to be deleted."""


class Aggregator(Protocol):
    """Sums reports; every implementation gives the same sums."""

    def report_count(self) -> int:
        """Return how many reports there are, of all tasks and weeks."""
        ...

    def weeks(self, task: ReportTask) -> tuple[int, ...]:
        """Return the weeks that have reports on ``task``, ascending."""
        ...

    def closed_weeks(self, task: ReportTask) -> tuple[int, ...]:
        """Return the weeks whose sums do not change any more, ascending."""
        ...

    def totals(self, task: ReportTask, *, weeks: Sequence[int] = ()) -> Totals:
        """Sum the reports on ``task`` of the given weeks; of all weeks if none is given."""
        ...


class SqliteAggregator:
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

    def weeks(self, task: ReportTask) -> tuple[int, ...]:
        """Return the weeks that have reports on ``task``, ascending."""
        with open_for_reading(self._path) as connection:
            rows = connection.execute(
                "SELECT week FROM report WHERE task = :task "
                "UNION SELECT week FROM closed_window WHERE task = :task ORDER BY week",
                {"task": task.name},
            ).fetchall()
        return tuple(week for (week,) in rows)

    def closed_weeks(self, task: ReportTask) -> tuple[int, ...]:
        """Return the weeks whose sums do not change any more, ascending."""
        with open_for_reading(self._path) as connection:
            rows = connection.execute(
                "SELECT week FROM closed_window WHERE task = ? ORDER BY week", (task.name,)
            ).fetchall()
        return tuple(week for (week,) in rows)

    def totals(self, task: ReportTask, *, weeks: Sequence[int] = ()) -> Totals:
        """Sum the reports on ``task`` of the given weeks; of all weeks if none is given."""
        chosen = "task = :task AND (:weeks = '[]' OR week IN (SELECT value FROM json_each(:weeks)))"
        parameters = {"task": task.name, "weeks": canonical_bytes(list(weeks)).decode()}
        with open_for_reading(self._path) as connection:
            connection.execute("BEGIN")  # both from one state: a window may be closed meanwhile
            rows = connection.execute(
                f"SELECT counts FROM report WHERE {chosen} AND {_OPEN}",  # noqa: S608  (constants)
                parameters,
            )
            total = sum_counts((row for (row,) in rows), categories=task.categories)
            for (sums,) in connection.execute(
                f"SELECT sums FROM closed_window WHERE {chosen} AND sums IS NOT NULL",  # noqa: S608
                parameters,
            ):
                total += msgspec.json.decode(sums, type=Totals)
        return total
