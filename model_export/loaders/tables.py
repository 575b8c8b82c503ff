"""Rows of CSV and Parquet files, in batches: what they hold, and where it stood.

CSV is UTF-8; comma, semicolon, tab or ``::`` separates fields, whichever the first line uses.
Columns go by the names in that line, in any order. Of Parquet there may be one file or a directory
of parts, as Spark writes it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeagent.errors import InputError
from edgeagent.regular_file import open_regular

__all__ = ["RowBatch", "is_parquet", "parquet_rows", "read_table"]

_ROWS = 65_536
_SEPARATORS = (",", ";", "\t")
_DOUBLE_COLON = re.compile(r"\w+::")
"""How the older MovieLens archives begin: nothing is quoted there, and some are in Latin-1."""
_SEP_LINE = re.compile(r"sep=")
"""What spreadsheets write before the header: ``sep=;``."""
_UNIT_SEPARATOR = "\x1f"
"""Stands for ``::`` while it is read; the csv module takes one character."""
_PARQUET_MAGIC = b"PAR1"
_OTHER_NAMES = {
    "user": ("userid", "viewerid", "profileid"),
    "item": ("itemid", "movieid", "titleid", "contentid"),
    "timestamp": (
        "watchedat", "watchedon", "viewedat", "playedat", "startedat", "starttime", "datecreated",
        "time", "date", "datetime",
    ),
    "adult": ("isadult",),
}  # fmt: skip
"""Of columns, in lower case and letters alone: ``userId`` and ``user_id`` are ``user``. They are
taken where no column has the name itself and no other one could be meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowBatch:
    """Some consecutive rows of one file."""

    columns: Mapping[str, Sequence[Any]]
    """By name in lower case; text in CSV, Python values in Parquet."""
    path: Path
    unit: str
    """What ``numbers`` count: ``line`` or ``row``."""
    numbers: Sequence[int]
    named: bool = True
    """Whether the file says what its columns are; else they were taken in the usual order."""

    def place(self, row: int) -> str:
        """Say where the batch's row ``row`` stands."""
        return f"{self.path}, {self.unit} {self.numbers[row]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What a caller knows of a table's columns."""

    required: Sequence[str]
    usual: Sequence[str]


def is_parquet(path: Path) -> bool:
    """Whether ``path`` is a Parquet file, or a directory that holds parts of one."""
    if path.is_dir():
        return any(path.glob("*.parquet"))
    with open_regular(path) as file:
        return file.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC


def parquet_rows(path: Path) -> int:
    """Return how many rows a Parquet file, or a directory of parts, says it has; no row is read.

    Raises:
        InputError: it cannot be read, or pyarrow is not installed.

    """
    counts = []
    for part in _parquet_files(path):
        with _opened(part) as file:
            counts.append(int(file.metadata.num_rows))
    return sum(counts)


def read_table(
    path: Path, *, required: Sequence[str], usual: Sequence[str] = ()
) -> Iterator[RowBatch]:
    """Yield the rows of a table; lines and rows are numbered from 1, the header counted.

    Args:
        path: which.
        required: columns that it has to have.
        usual: its columns in their usual order, for a CSV file whose first line begins with a
            number and is no header; without them such a file is refused.

    Raises:
        InputError: it cannot be read, lacks a column of ``required``, or a row is broken.

    """
    wanted = _Wanted(required=required, usual=usual)
    try:
        yield from _parquet(path, wanted) if is_parquet(path) else _csv(path, wanted)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}",
            hint="check that it is there, whole, and may be read",
        ) from error


def _csv(path: Path, wanted: _Wanted) -> Iterator[RowBatch]:
    begin = _first_line(path)
    colons = _DOUBLE_COLON.match(begin) is not None
    encoding = "latin-1" if colons and _undecodable_line(path) else "utf-8-sig"
    with path.open(encoding=encoding, newline="") as file:
        try:
            reader = csv.reader(
                (line.replace("::", _UNIT_SEPARATOR) for line in file) if colons else file,
                delimiter=_UNIT_SEPARATOR if colons else max(_SEPARATORS, key=begin.count),
                quoting=csv.QUOTE_NONE if colons else csv.QUOTE_MINIMAL,
                strict=True,
            )
            yield from _csv_batches(path, reader, wanted)
        except UnicodeDecodeError as error:
            raise InputError(
                f"{path}, line {_undecodable_line(path) or 1}: not UTF-8", hint="save it as UTF-8"
            ) from error


def _first_line(path: Path) -> str:
    """Return the first line that is not blank; what is no UTF-8 in it does not matter here."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return next((line for line in file if line.strip() and not _SEP_LINE.match(line)), "")


def _csv_batches(path: Path, reader: Any, wanted: _Wanted) -> Iterator[RowBatch]:  # noqa: ANN401  (csv has no public name for its reader)
    try:
        first: list[str] = next((row for row in reader if any(row) and not _says_sep(row)), [])
        named = not (wanted.usual and first[:1] and first[0].strip().isdecimal())
        names = _names(path, first if named else wanted.usual, wanted.required)
        if not named and len(first) != len(names):
            raise _of_another_width(path, reader, first, names)
        rows: list[list[str]] = [] if named else [first]
        numbers: list[int] = [] if named else [reader.line_num]
        for row in reader:
            if not (row and (row[0] or any(row))):
                continue
            if len(row) != len(names):
                raise _of_another_width(path, reader, row, names)
            rows.append(row)
            numbers.append(reader.line_num)
            if len(rows) == _ROWS:
                yield _csv_batch(path, names, rows, numbers, named=named)
                rows, numbers = [], []
        if rows:
            yield _csv_batch(path, names, rows, numbers, named=named)
    except csv.Error as error:
        raise InputError(
            f"{path}, line {reader.line_num}: {error}",
            hint="a quote may not be closed, or the file may be half-written",
        ) from error


def _says_sep(row: list[str]) -> bool:
    return _SEP_LINE.match(row[0]) is not None


def _of_another_width(path: Path, reader: Any, row: list[str], names: Sequence[str]) -> InputError:  # noqa: ANN401  (as above)
    return InputError(
        f"{path}, line {reader.line_num}: {len(row)} fields, expected {len(names)}: "
        f"{', '.join(names)}",
        hint="quote fields that contain the separator; a file that ends so is half-written",
    )


def _csv_batch(
    path: Path, names: Sequence[str], rows: list[list[str]], numbers: list[int], *, named: bool
) -> RowBatch:
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    return RowBatch(columns=columns, path=path, unit="line", numbers=numbers, named=named)


def _names(path: Path, header: Sequence[str], required: Sequence[str]) -> list[str]:
    names = [name.strip().lower() for name in header]
    for meant, others in _OTHER_NAMES.items():
        found = [name for name in names if re.sub(r"[^a-z]", "", name) in others]
        if meant not in names and len(found) == 1:
            names[names.index(found[0])] = meant
    for name in required:
        if name not in names:
            raise InputError(
                f"{path} has no column {name!r}; it has {', '.join(header) or 'none'}",
                hint=f"the first line, or the schema, must name {', '.join(required)}",
            )
    for name in names:
        if names.count(name) > 1 and name:
            raise InputError(f"{path} has two columns {name!r}", hint="remove one of them")
    return names


def _undecodable_line(path: Path) -> int:
    """Return the first line that is no UTF-8; 0: there is none, or it is cut off in UTF-16."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 0


def _parquet(path: Path, wanted: _Wanted) -> Iterator[RowBatch]:
    for part in _parquet_files(path):
        yield from _parquet_batches(part, wanted)


def _parquet_files(path: Path) -> list[Path]:
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]


def _parquet_batches(path: Path, wanted: _Wanted) -> Iterator[RowBatch]:
    with _opened(path) as file:
        names = _names(path, file.schema_arrow.names, wanted.required)
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


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a file of Parquet; what is wrong with it while it is read is told as an InputError."""
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
            yield file
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(
            f"{path} is not readable as Parquet: {error}", hint="write it again"
        ) from error


def _values(column: Any) -> list[Any]:  # noqa: ANN401  (an Arrow array, which has no types)
    import pyarrow as pa  # noqa: PLC0415  (the extra parquet)

    if pa.types.is_timestamp(column.type):  # Python's times have no nanoseconds
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return list(column.to_pylist())
