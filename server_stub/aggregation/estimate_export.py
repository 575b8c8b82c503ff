"""Estimates and changes as tables for machines, each row with all that it depends on."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from edgeagent.errors import OutputError, StorageError
from server_stub.aggregation.changes import AudienceChange
from server_stub.aggregation.duckdb_engine import connected
from server_stub.aggregation.publication import AudienceEstimate

__all__ = ["ExportTable", "change_rows", "estimate_rows"]

_KINDS = {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", str: "VARCHAR"}
_FIGURES = {
    "category": int,
    "name": str,
    "value": float,
    "low": float,
    "high": float,
    "standard_error": float,
    "share": float,
}
_CIRCUMSTANCES = {
    "task": str,
    "quarter": int,
    "weeks": str,
    "reports": int,
    "mechanism": str,
    "epsilon": float,
    "unit": str,
    "confidence": float,
    "simultaneous": bool,
    "final": bool,
    "publishable": bool,
    "withheld_because": str,
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With these a formula begins (OWASP, "CSV Injection")."""
_CHANGE = {
    "before_quarter": int,
    "after_quarter": int,
    "unit": str,
    "category": int,
    "name": str,
    "before": float,
    "after": float,
    "difference": float,
    "low": float,
    "high": float,
    "p_value": float,
    "adjusted_p_value": float,
    "verdict": str,
    "comparisons": int,
    "error_rate": float,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportTable:
    """Rows, which may be none, and the names and types of their columns."""

    columns: Mapping[str, type]
    rows: Sequence[Mapping[str, object]]

    def csv(self) -> str:
        """Return the table as CSV (RFC 4180) with a header.

        Names come from the catalogue: before one that a spreadsheet would take for a formula stands
        an apostrophe.
        """
        text = StringIO()
        writer = csv.DictWriter(text, list(self.columns))
        writer.writeheader()
        writer.writerows({name: _harmless(row[name]) for name in self.columns} for row in self.rows)
        return text.getvalue()

    def write_parquet(self, path: Path) -> None:
        """Write a Parquet file, which replaces one that is there once it is whole.

        Raises:
            InputError: DuckDB is not installed.
            OutputError: the file cannot be written.

        """
        columns = ", ".join(f'"{name}" {_KINDS[kind]}' for name, kind in self.columns.items())
        places = ", ".join("?" * len(self.columns))
        try:
            with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as scratch:
                aside = Path(scratch) / "rows.parquet"
                with connected(Path(scratch)) as database:
                    database.execute(f"CREATE TABLE export ({columns})")
                    for row in self.rows:
                        database.execute(
                            f"INSERT INTO export VALUES ({places})",  # noqa: S608  (question marks)
                            [row[name] for name in self.columns],
                        )
                    database.table("export").write_parquet(str(aside))
                aside.replace(path)
        except (OSError, StorageError) as error:
            raise OutputError(
                f"{path} cannot be written: {getattr(error, 'strerror', None) or error}",
                hint="check that its directory exists, can be written and has space",
            ) from error


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def estimate_rows(result: AudienceEstimate) -> ExportTable:
    """Return a row a segment: its figures, what they depend on, and whether they may be published.

    Values and intervals are in ``unit``; ``weeks`` and ``withheld_because`` are lists in one text.
    """
    common = msgspec.structs.asdict(result) | {
        "weeks": " ".join(map(str, result.weeks)),
        "epsilon": round(result.epsilon, 6),
        "withheld_because": "; ".join(result.withheld_because),
    }
    rows = [common | msgspec.structs.asdict(segment) for segment in result.segments]
    return ExportTable(columns=_FIGURES | _CIRCUMSTANCES, rows=rows)


def change_rows(changes: Iterable[AudienceChange]) -> ExportTable:
    """Return a row a segment and pair of quarters; of quarters with too few reports none."""
    rows = [
        msgspec.structs.asdict(change) | msgspec.structs.asdict(segment)
        for change in changes
        for segment in change.segments
    ]
    return ExportTable(columns=_CHANGE, rows=rows)
