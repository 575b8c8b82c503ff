"""Sums of Parquet files by DuckDB, on one machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edgeagent.errors import DiskFull, InputError, StorageError
from edgeagent.messages import ReportTask
from server_stub.aggregation.aggregator import WindowSums
from server_stub.aggregation.report_sql import ReportSql, windows_of
from server_stub.aggregation.spool import ID_COLUMNS, Spool, count_columns

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["DuckDbEngine", "connected"]

_NO_OTHERS = "let 'server-stub spool write' alone write to the spool, and remove other files"


class DuckDbEngine:
    """Uses all processors of this machine, and its disk where memory does not suffice."""

    def sum_files(
        self, spool: Spool, task: ReportTask, files: Sequence[Path]
    ) -> tuple[WindowSums, ...]:
        """Sum files of open windows; see :class:`~server_stub.aggregation.spool_aggregator`."""
        statements = ReportSql(task=task)
        with spool.scratch() as scratch, connected(scratch) as connection:
            _check_columns(connection, task, files)
            # By name: otherwise the first file's types would be forced upon all others.
            relation = connection.read_parquet(
                [str(path) for path in files], hive_partitioning=True, union_by_name=True
            )
            relation.create_view("report_rows")
            connection.execute(f"CREATE TEMP TABLE repeated AS {statements.repeated}")
            return windows_of(
                connection.execute(statements.sums).fetchall(),
                refused=connection.execute(statements.refused).fetchall(),
                categories=task.categories,
            )


def _check_columns(connection: DuckDBPyConnection, task: ReportTask, files: Sequence[Path]) -> None:
    """Refuse a file without all columns: read by name, each of its rows would be refused alone."""
    found = connection.execute(
        "SELECT file_name, list(name) FROM parquet_schema($files) "
        "WHERE type IN ('INT32', 'INT64') AND coalesce(scale, 0) = 0 GROUP BY file_name",
        {"files": [str(path) for path in files]},
    ).fetchall()
    integers = dict(found)
    for path in files:
        for name in (*ID_COLUMNS, *count_columns(task.categories)):
            if name not in integers.get(str(path), ()):
                raise InputError(f"{path} has no column {name} of integers", hint=_NO_OTHERS)


@contextmanager
def connected(scratch: Path) -> Iterator[DuckDBPyConnection]:
    """Open a database in memory, which fetches nothing from the network.

    Args:
        scratch: where it writes what does not fit into memory; it may hold reports.

    Raises:
        InputError: DuckDB is not installed, or a file is not what it should be.
        DiskFull: the disk is full.
        StorageError: a file cannot be read or written.

    """
    try:
        import duckdb  # noqa: PLC0415  (60 MB, for what reads or writes Parquet)
    except ImportError as error:
        raise InputError(
            "Parquet needs duckdb, which is not installed", hint="pip install 'edgeagent[server]'"
        ) from error
    settings: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(scratch),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    try:
        with duckdb.connect(":memory:", config=settings) as connection:
            yield connection
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        said = _first_line(error)
        if "No space left" in said:
            raise DiskFull(said, hint="free space on that disk") from error
        raise StorageError(said, hint="check the disk and the memory of this machine") from error
    except duckdb.Error as error:
        raise InputError(
            f"these are not a spool's reports: {_first_line(error)}",
            hint=_NO_OTHERS,
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
