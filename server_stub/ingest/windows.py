"""Close windows: of a week whose grace is over, sums are kept, and its reports are deleted.

A window is closed in steps that each leave the store whole, so that a server goes on beside it and
one that was killed continues: it is marked, and takes no more reports; its sums are written, and
stand for its reports; the reports are deleted, a few at a time.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, Clock, week_start
from edgeagent.messages import Message
from edgeagent.privacy.estimation import Totals
from server_stub.ingest.store import open_for_closing
from server_stub.report_sums import sum_counts

__all__ = ["ClosedWindow", "close_windows", "write_sums"]

_BATCH = 2000
"""Reports looked through in one transaction: others wait for it, some 10 ms."""


class ClosedWindow(Message, frozen=True, kw_only=True):
    """One window that was closed."""

    task: str
    week: int
    reports: int


def close_windows(
    path: Path,
    *,
    clock: Clock,
    grace_weeks: int,
    marked: Callable[[], object] = lambda: None,
    rest: Callable[[float], object] = time.sleep,
    step: Callable[[str], None] = lambda _name: None,
) -> tuple[ClosedWindow, ...]:
    """Close every window whose grace is over, and finish those that were begun.

    Args:
        path: the store; a server may be writing to it.
        clock: says what is over.
        grace_weeks: how long after its week a report is accepted.
        marked: called when a window takes no more reports and has them still.
        rest: called with the seconds that a deletion took, to wait as long: SQLite lets those who
            wait for its lock look for it now and then only, and a server would hardly get it.
        step: called before each step, for tests.

    Raises:
        InputError: there is no such store.
        DiskFull: the disk is full.
        StorageError: it cannot be written.

    """
    closed = []
    with open_for_closing(path) as connection:
        _see(connection, clock.now() // DAY_SECONDS)
        for task, week in _due(connection, clock.now() - grace_weeks * WEEK_SECONDS):
            step("mark")
            connection.execute(
                "INSERT OR IGNORE INTO closed_window (task, week) VALUES (?, ?)", (task, week)
            )
            marked()
            step("sum")
            totals = _sum(connection, task, week)
            step("delete")
            for begin, end in _ranges(connection):
                began = time.monotonic()
                connection.execute(
                    "DELETE FROM report WHERE report_id >= ? AND report_id <= ? "
                    "AND task = ? AND week = ?",
                    (begin, end, task, week),
                )
                step("delete more")
                rest(time.monotonic() - began)
            closed.append(ClosedWindow(task=task, week=week, reports=totals.reports))
    return tuple(closed)


def _see(connection: sqlite3.Connection, day: int) -> None:
    """Note the day for the next start; a clock that lies behind takes nothing back."""
    connection.execute(
        "INSERT INTO seen_day VALUES (1, ?) ON CONFLICT (one) "
        "DO UPDATE SET day = max(day, excluded.day)",
        (day,),
    )


def _due(connection: sqlite3.Connection, before: int) -> list[tuple[str, int]]:
    """Return task and week of windows that are over and have reports, or were begun."""
    windows = connection.execute(
        "SELECT DISTINCT task, week FROM report UNION "
        "SELECT task, week FROM closed_window WHERE sums IS NULL ORDER BY week, task"
    ).fetchall()
    begun = set(connection.execute("SELECT task, week FROM closed_window").fetchall())
    return [
        (task, week)
        for task, week in windows
        if (task, week) in begun or week_start(week + 1) < before
    ]


def _sum(connection: sqlite3.Connection, task: str, week: int) -> Totals:
    """Write the sums of a marked window, or read those that are written."""
    (known,) = connection.execute(
        "SELECT sums FROM closed_window WHERE task = ? AND week = ?", (task, week)
    ).fetchone()
    if known is not None:
        return msgspec.json.decode(known, type=Totals)
    window = "FROM report WHERE task = ? AND week = ?"
    (categories,) = connection.execute(
        f"SELECT coalesce(max(json_array_length(counts)), 0) {window}", (task, week)
    ).fetchone()
    rows = connection.execute(f"SELECT counts {window}", (task, week))
    totals = sum_counts((row for (row,) in rows), categories=categories)
    write_sums(connection, task, week, totals)
    return totals


def write_sums(connection: sqlite3.Connection, task: str, week: int, totals: Totals) -> None:
    """Write what is kept of a window; from now on it takes no report."""
    connection.execute(
        "INSERT OR REPLACE INTO closed_window (task, week, sums) VALUES (?, ?, ?)",
        (task, week, msgspec.json.encode(totals).decode()),
    )


def _ranges(connection: sqlite3.Connection) -> Iterator[tuple[bytes, bytes]]:
    """Yield the first and last id of one batch of reports after the other."""
    after = b""
    while True:
        begin, end = connection.execute(
            "SELECT min(report_id), max(report_id) FROM (SELECT report_id FROM report "
            "WHERE report_id > ? ORDER BY report_id LIMIT ?)",
            (after, _BATCH),
        ).fetchone()
        if begin is None:
            return
        yield begin, end
        after = end
