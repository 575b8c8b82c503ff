"""Spools with made reports in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from edgeagent.messages import Report, ReportTask
from server_stub.aggregation.spool import ID_COLUMNS, Spool, count_columns
from server_stub.aggregation.spool_writing import write_spool
from tests.server_stub.aggregation.aggregator_suite import TASKS, filled_store


def filled_spool(
    directory: Path, *servers: Sequence[Report], malformed: Sequence[Report] = ()
) -> Spool:
    """Let servers write what they took into one spool, and something else what none would take."""
    spool = Spool(directory / "spool")
    for number, reports in enumerate(servers):
        write_spool(filled_store(directory / f"{number}.db", reports), spool, TASKS)
    if malformed:
        write_rows(spool, TASKS[0], malformed[0].week, [report.counts for report in malformed])
    return spool


def write_rows(
    spool: Spool,
    task: ReportTask,
    week: int,
    rows: Sequence[Sequence[int | None]],
    *,
    kind: str = "SMALLINT",
    server: str = "other",
) -> None:
    """Write counts as they are, as a program might that is not ours."""
    names = (*ID_COLUMNS, *count_columns(task.categories))
    columns = ", ".join(names)
    kinds = [*("BIGINT",) * 2, *(kind,) * task.categories]
    typed = ", ".join(f"{name}::{kind} AS {name}" for name, kind in zip(names, kinds, strict=True))
    values = ", ".join(
        f"({number}, {number}, {', '.join('NULL' if n is None else str(n) for n in row)})"
        for number, row in enumerate(rows)
    )
    with spool.snapshot(task.name, week, server=server) as path:
        made = duckdb.sql(f"SELECT {typed} FROM (VALUES {values}) AS v ({columns})")  # noqa: S608
        made.write_parquet(str(path))


def write_columns(
    spool: Spool, task: ReportTask, week: int, values: Sequence[str], *, server: str
) -> None:
    """Write one row of SQL values under the columns' names, as many as there are values."""
    names = (*ID_COLUMNS, *count_columns(task.categories))
    columns = ", ".join(f"{value} AS {name}" for value, name in zip(values, names, strict=False))
    with spool.snapshot(task.name, week, server=server) as path:
        duckdb.sql(f"SELECT {columns}").write_parquet(str(path))
