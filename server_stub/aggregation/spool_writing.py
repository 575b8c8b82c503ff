"""Copy the reports of a server's open windows into a spool."""

from __future__ import annotations

import hashlib
import socket
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import Message, ReportTask
from edgeagent.privacy.estimation import Totals
from edgeagent.privacy.randomizers import randomizer_for
from server_stub.aggregation.aggregator import WindowSums
from server_stub.aggregation.duckdb_engine import connected
from server_stub.aggregation.spool import ID_COLUMNS, Spool, count_columns
from server_stub.ingest.store import open_for_reading

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["SpooledWindow", "write_spool"]

_CHUNK = 50_000
"""Rows at a time, 20 MB as Python's integers."""
_ID_BYTES = 16
_decode = msgspec.json.Decoder(tuple[int, ...]).decode


class SpooledWindow(Message, frozen=True, kw_only=True):
    """The reports of one window that were copied."""

    task: str
    week: int
    reports: int


def write_spool(
    store: Path,
    spool: Spool,
    tasks: Sequence[ReportTask],
    *,
    advance: Callable[[int], None] = lambda _reports: None,
) -> tuple[SpooledWindow, ...]:
    """Copy what a store holds of open windows; it replaces what was copied from it before.

    Windows that are closed in the store keep what was copied last; of those of which nothing was,
    the sums are copied. Windows that are closed in the spool take nothing more.

    Args:
        store: a server may be writing to it.
        spool: other servers may be writing to it.
        tasks: whose reports are copied.
        advance: called with the number of further reports copied.

    Raises:
        InputError: there is no such store, or DuckDB is not installed.
        OutputError: the spool cannot be written.
        StorageError: the store cannot be read.

    """
    server = _server_name(store)
    done = []
    with spool.scratch() as scratch, open_for_reading(store) as connection:
        for task in tasks:
            for sums in _closed_sums(connection, task):
                spool.carry(task.name, sums, server=server)
            for week in _open_weeks(connection, task):
                if spool.is_closed(task.name, week):
                    continue
                with (
                    spool.snapshot(task.name, week, server=server) as path,
                    connected(scratch) as database,
                ):
                    reports = _copy(_rows(connection, task, week), task, database, path, advance)
                if spool.is_closed(task.name, week):  # meanwhile
                    spool.delete_reports(task.name, week)
                    continue
                done.append(SpooledWindow(task=task.name, week=week, reports=reports))
    return tuple(done)


def _server_name(store: Path) -> str:
    """Return what tells a store's files from another's; an address may change, a name is ours."""
    place = f"{socket.gethostname()}\0{store.absolute()}"
    return hashlib.sha256(place.encode()).hexdigest()[:12]


def _closed_sums(connection: sqlite3.Connection, task: ReportTask) -> list[WindowSums]:
    rows = connection.execute(
        "SELECT week, sums FROM closed_window WHERE task = ? AND sums IS NOT NULL", (task.name,)
    )
    return [
        WindowSums(week=week, totals=msgspec.json.decode(sums, type=Totals), final=True)
        for week, sums in rows
    ]


def _open_weeks(connection: sqlite3.Connection, task: ReportTask) -> list[int]:
    """Return weeks whose reports are there, also of windows that take none any more."""
    rows = connection.execute(
        "SELECT DISTINCT week FROM report WHERE task = :task AND week NOT IN "
        "(SELECT week FROM closed_window WHERE task = :task AND sums IS NOT NULL) ORDER BY week",
        {"task": task.name},
    )
    return [week for (week,) in rows]


def _rows(
    connection: sqlite3.Connection, task: ReportTask, week: int
) -> Iterator[list[tuple[bytes, str]]]:
    """Yield ids and counts in the order of the ids, which is that of the table."""
    found = connection.execute(
        "SELECT report_id, counts FROM report WHERE task = ? AND week = ?", (task.name, week)
    )
    while chunk := found.fetchmany(_CHUNK):
        yield chunk


def _copy(
    chunks: Iterator[list[tuple[bytes, str]]],
    task: ReportTask,
    database: DuckDBPyConnection,
    path: Path,
    advance: Callable[[int], None],
) -> int:
    kind = "TINYINT" if task.mechanism == "subset_selection" else "SMALLINT"
    columns = [f"{name} BIGINT" for name in ID_COLUMNS]
    columns += [f"{name} {kind}" for name in count_columns(task.categories)]
    database.execute(f"CREATE TEMP TABLE snapshot ({', '.join(columns)})")
    is_possible = randomizer_for(task).is_possible
    reports = 0
    for chunk in chunks:
        kept = [(key, row) for key, text in chunk if is_possible(row := _decode(text))]
        if kept:
            database.register("chunk", _arrays(kept, task.categories))
            database.execute("INSERT INTO snapshot SELECT * FROM chunk")
            database.unregister("chunk")
        reports += len(kept)
        advance(len(kept))
    # In the order of the ids, whatever the number of threads.
    database.execute(
        f"COPY (SELECT * FROM snapshot ORDER BY {', '.join(ID_COLUMNS)}) TO '{_quoted(path)}' "  # noqa: S608
        "(FORMAT parquet, COMPRESSION zstd)"
    )
    return reports


def _arrays(
    rows: Sequence[tuple[bytes, tuple[int, ...]]], categories: int
) -> dict[str, NDArray[np.int64] | NDArray[np.int16]]:
    ids = np.frombuffer(b"".join(key for key, _ in rows), dtype=">i8").reshape(-1, 2)
    counts = np.array([row for _, row in rows], dtype=np.int16)
    return dict(zip(ID_COLUMNS, ids.T.astype(np.int64), strict=True)) | dict(
        zip(count_columns(categories), counts.T, strict=True)
    )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
