"""Rows of CSV and Parquet files, in batches: what they hold, and where it stood.

CSV is UTF-8 with a header; fields are separated by comma, semicolon or tab, whichever the header
uses. Of Parquet there may be one file or a directory of parts, as Spark writes it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeagent.errors import InputError
from edgeagent.regular_file import open_regular

__all__ = ["RowBatch", "is_parquet", "read_table"]

_ROWS = 65_536
_SEPARATORS = (",", ";", "\t")
_PARQUET_MAGIC = b"PAR1"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowBatch:
    """Some consecutive rows of one file."""

    columns: Mapping[str, Sequence[Any]]
    """By name in lower case; text in CSV, Python values in Parquet."""
    path: Path
    unit: str
    """What ``numbers`` count: ``line`` or ``row``."""
    numbers: Sequence[int]

    def place(self, row: int) -> str:
        """Say where the batch's row ``row`` stands."""
        return f"{self.path}, {self.unit} {self.numbers[row]}"


def is_parquet(path: Path) -> bool:
    """Whether ``path`` is a Parquet file, or a directory that holds parts of one."""
    if path.is_dir():
        return any(path.glob("*.parquet"))
    with open_regular(path) as file:
        return file.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC


def read_table(path: Path, *, required: Sequence[str]) -> Iterator[RowBatch]:
    """Yield the rows of a table; lines and rows are numbered from 1, the header counted.

    Raises:
        InputError: it cannot be read, lacks a column of ``required``, or a row is broken.

    """
    try:
        yield from _parquet(path, required) if is_parquet(path) else _csv(path, required)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}",
            hint="check that it is there, whole, and may be read",
        ) from error


def _csv(path: Path, required: Sequence[str]) -> Iterator[RowBatch]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            separator = _separator(file.readline())
            file.seek(0)
            yield from _csv_batches(
                path, csv.reader(file, delimiter=separator, strict=True), required
            )
        except UnicodeDecodeError as error:
            raise InputError(
                f"{path}, line {_undecodable_line(path)}: not UTF-8", hint="save it as UTF-8"
            ) from error


def _separator(header: str) -> str:
    return max(_SEPARATORS, key=header.count)


def _csv_batches(path: Path, reader: Any, required: Sequence[str]) -> Iterator[RowBatch]:  # noqa: ANN401  (csv has no public name for its reader)
    try:
        names = _names(path, next(reader, []), required)
        rows: list[list[str]] = []
        numbers: list[int] = []
        for row in reader:
            if not any(row):
                continue
            if len(row) != len(names):
                raise InputError(
                    f"{path}, line {reader.line_num}: {len(row)} fields, the header has "
                    f"{len(names)}",
                    hint="quote fields that contain the separator",
                )
            rows.append(row)
            numbers.append(reader.line_num)
            if len(rows) == _ROWS:
                yield _csv_batch(path, names, rows, numbers)
                rows, numbers = [], []
        if rows:
            yield _csv_batch(path, names, rows, numbers)
    except csv.Error as error:
        raise InputError(
            f"{path}, line {reader.line_num}: {error}",
            hint="a quote may not be closed, or the file may be half-written",
        ) from error


def _csv_batch(
    path: Path, names: Sequence[str], rows: list[list[str]], numbers: list[int]
) -> RowBatch:
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    return RowBatch(columns=columns, path=path, unit="line", numbers=numbers)


def _names(path: Path, header: Sequence[str], required: Sequence[str]) -> list[str]:
    names = [name.strip().lower() for name in header]
    for name in required:
        if name not in names:
            raise InputError(
                f"{path} has no column {name!r}; it has {', '.join(names) or 'none'}",
                hint=f"the first line, or the schema, must name {', '.join(required)}",
            )
    for name in names:
        if names.count(name) > 1 and name:
            raise InputError(f"{path} has two columns {name!r}", hint="remove one of them")
    return names


def _undecodable_line(path: Path) -> int:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1  # a character cut off by the end of the first block, as UTF-16 may look


def _parquet(path: Path, required: Sequence[str]) -> Iterator[RowBatch]:
    for part in sorted(path.glob("*.parquet")) if path.is_dir() else [path]:
        yield from _parquet_batches(part, required)


def _parquet_batches(path: Path, required: Sequence[str]) -> Iterator[RowBatch]:
    try:
        import pyarrow as pa  # noqa: PLC0415  (the extra parquet)
        from pyarrow.parquet import ParquetFile  # noqa: PLC0415
    except ImportError as error:
        raise InputError(
            f"{path} is Parquet, and pyarrow is not installed",
            hint="pip install 'edgeagent[parquet]', or write the table as CSV",
        ) from error
    try:
        with ParquetFile(path) as file:
            names = _names(path, file.schema_arrow.names, required)
            first = 1
            for batch in file.iter_batches(batch_size=_ROWS):
                values = (_values(column) for column in batch.columns)
                yield RowBatch(
                    columns=dict(zip(names, values, strict=True)),
                    path=path,
                    unit="row",
                    numbers=range(first, first + batch.num_rows),
                )
                first += batch.num_rows
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(
            f"{path} is not readable as Parquet: {error}", hint="write it again"
        ) from error


def _values(column: Any) -> list[Any]:  # noqa: ANN401  (an Arrow array, which has no types)
    import pyarrow as pa  # noqa: PLC0415  (the extra parquet)

    if pa.types.is_timestamp(column.type):  # Python's times have no nanoseconds
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return list(column.to_pylist())
