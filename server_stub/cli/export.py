"""Options of commands that give tables to other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgeagent.command_group import emit_document
from edgeagent.command_output import OutputFile

if TYPE_CHECKING:
    from server_stub.aggregation.estimate_export import ExportTable

__all__ = ["csv_option", "export", "parquet_option"]

csv_option = click.option("--csv", "as_csv", is_flag=True, help="Print CSV, a row a segment.")
parquet_option = click.option(
    "--parquet", type=OutputFile(), help="Write a Parquet file, a row a segment."
)


def export(table: ExportTable, *, as_csv: bool, parquet: Path | None) -> None:
    """Print a table as CSV, or write it, or both."""
    if parquet is not None:
        table.write_parquet(parquet)
    if as_csv:
        emit_document(table.csv())
