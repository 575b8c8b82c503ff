"""Sums of reports, which is all that estimation needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from edgeagent.messages import ReportTask, canonical_bytes
from edgeagent.messages.report import COUNT_LIMIT
from edgeagent.privacy.estimation import Totals
from server_stub.store import open_for_reading

__all__ = ["Aggregator", "SqliteAggregator"]

_CHUNK = 1000  # rows summed at a time, in C
_LIMIT_TEXT = str(
    COUNT_LIMIT
)  # nearly all rows do not contain it and need no parsing for clamped counts


class Aggregator(Protocol):
    """Sums reports; every implementation gives the same sums."""

    def report_count(self) -> int:
        """Return how many reports there are, of all tasks and weeks."""
        ...

    def weeks(self, task: ReportTask) -> tuple[int, ...]:
        """Return the weeks that have reports on ``task``, ascending."""
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
            (count,) = connection.execute("SELECT count(*) FROM report").fetchone()
        return int(count)

    def weeks(self, task: ReportTask) -> tuple[int, ...]:
        """Return the weeks that have reports on ``task``, ascending."""
        with open_for_reading(self._path) as connection:
            rows = connection.execute(
                "SELECT DISTINCT week FROM report WHERE task = ? ORDER BY week", (task.name,)
            ).fetchall()
        return tuple(week for (week,) in rows)

    def totals(self, task: ReportTask, *, weeks: Sequence[int] = ()) -> Totals:
        """Sum the reports on ``task`` of the given weeks; of all weeks if none is given."""
        sums = at_limit = (0,) * task.categories
        reports = 0
        decoder = msgspec.json.Decoder(tuple[int, ...])
        with open_for_reading(self._path) as connection:
            rows = connection.execute(
                "SELECT counts FROM report WHERE task = :task "
                "AND (:weeks = '[]' OR week IN (SELECT value FROM json_each(:weeks)))",
                {"task": task.name, "weeks": canonical_bytes(list(weeks)).decode()},
            )
            while chunk := rows.fetchmany(_CHUNK):
                reports += len(chunk)
                sums = _add(sums, [decoder.decode(row) for (row,) in chunk])
                clamped = [_at_limit(decoder.decode(row)) for (row,) in chunk if _LIMIT_TEXT in row]
                at_limit = _add(at_limit, clamped)
        return Totals(reports=reports, counts=sums, at_limit=at_limit)


def _add(sums: tuple[int, ...], rows: list[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(sums, *rows, strict=True)))


def _at_limit(counts: tuple[int, ...]) -> tuple[int, ...]:
    return tuple((count >= COUNT_LIMIT) - (count <= -COUNT_LIMIT) for count in counts)
