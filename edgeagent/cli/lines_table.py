"""A result as a small table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["lines_table"]


def lines_table(lines: Iterable[tuple[str, str]]) -> Table:
    """Return names and values side by side."""
    from rich.table import Table  # noqa: PLC0415  (simulator extra)

    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in lines:
        table.add_row(name, value)
    return table
