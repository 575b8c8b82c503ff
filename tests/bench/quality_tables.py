"""Quality tables as Markdown, from the JSON that :mod:`tests.bench.bench_quality` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = [
    "LAST_RUN",
    "OtherBaselineError",
    "held_rows",
    "markdown",
    "quality_page",
    "with_table",
    "without_row",
]

LAST_RUN = Path(__file__).with_name("quality.json")
"""What the page of benches shows: the file of the last whole run."""

_PROTOCOLS = {
    "strong": "strong generalisation: a tenth of the people held out",
    "last": "everybody's last viewing left out",
    "global": "split in time, which decides what is shipped",
    "cold": "a tenth of the titles made new, only those ranked",
    "segments": "split in time, ranked by the mix of segments alone",
}
_HEADINGS = (
    "",
    "NDCG@100",
    "NDCG@10",
    "recall@20",
    "recall@50",
    "HR@10",
    "titles shown",
    "novelty",
    "MB",
)
_KIND = ("log", "seed", "trainings", "protocol")
"""What two runs have in common whose rows may stand in one table."""
_SAME = 0.001
"""What one row may differ by from itself, on other machines."""
_NUMBERS = ("ndcg_at_10", "recall_at_20", "recall_at_50", "hr_at_10")


_Table = dict[str, Any]


class OtherBaselineError(Exception):
    """Rows of one table would be compared with two baselines."""


def markdown(tables: Sequence[_Table]) -> str:
    """Return a Markdown table for each of ``tables``."""
    return "\n\n".join(_table(table) for table in tables)


def quality_page() -> str:
    """Return the tables of the last run."""
    return markdown(json.loads(LAST_RUN.read_text("utf-8")))


def held_rows(tables: Sequence[_Table], kind: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of the table of a kind: of a log, its settings and a protocol."""
    at = _place(tables, kind)
    return [] if at is None else list(tables[at]["rows"])


def with_table(tables: Sequence[_Table], new: _Table, *, order: Sequence[str]) -> list[_Table]:
    """Return ``tables`` with the rows of ``new`` in place of its old ones, in its table.

    Args:
        tables: those there are.
        new: some rows of a table, with their baseline.
        order: how its rows are to stand; those it does not name stand last.

    Raises:
        OtherBaselineError: the table's rows were measured against another baseline.

    """
    at = _place(tables, new)
    before, after = (tables, []) if at is None else (tables[:at], tables[at + 1 :])
    rows = {row["model"]: row for row in held_rows(tables, new)}
    for row in new["rows"]:
        if row["model"] == row["gain_over"]:
            _check_same(row, rows.get(row["model"], row), new)
        rows[row["model"]] = row
    places = {name: place for place, name in enumerate(order)}
    merged = sorted(rows.values(), key=lambda row: places.get(row["model"], len(places)))
    return [*before, {**new, "rows": merged}, *after]


def without_row(tables: Sequence[_Table], kind: Mapping[str, Any], model: str) -> list[_Table]:
    """Return ``tables`` without a row; without its baseline nothing of a table is left."""
    at = _place(tables, kind)
    if at is None:
        return list(tables)
    rows = [row for row in tables[at]["rows"] if model not in {row["model"], row["gain_over"]}]
    shorter = [{**tables[at], "rows": rows}] if rows else []
    return [*tables[:at], *shorter, *tables[at + 1 :]]


def _place(tables: Sequence[_Table], kind: Mapping[str, Any]) -> int | None:
    wanted = [kind[name] for name in _KIND]
    found = (at for at, table in enumerate(tables) if [table[name] for name in _KIND] == wanted)
    return next(found, None)


def _check_same(row: Mapping[str, Any], held: Mapping[str, Any], table: _Table) -> None:
    now, before = row["ndcg_at_100"], held["ndcg_at_100"]
    if abs(now - before) > _SAME:
        message = (
            f"{table['log']}, {table['protocol']}: {row['model']} is {now:.3f}, and {before:.3f} "
            "in the table: this is another log, or other code. --again computes all rows"
        )
        raise OtherBaselineError(message)


def _table(table: _Table) -> str:
    over = table["rows"][0]["gain_over"]
    headings = [*_HEADINGS[:2], f"over `{over}`", *_HEADINGS[2:]]
    lines = [
        f"**{table['log']}**, {_PROTOCOLS[table['protocol']]}; {table['users']:,} people:\n",
        f"| {' | '.join(headings)} |",
        f"|{' --- |' * len(headings)}",
        *(f"| {' | '.join(_cells(row))} |" for row in table["rows"]),
    ]
    return "\n".join(lines)


def _cells(row: dict[str, Any]) -> list[str]:
    gain = row["gain_ndcg_at_100"]
    is_baseline = row["model"] == row["gain_over"]
    return [
        f"`{row['model']}`",
        f"{row['ndcg_at_100']:.3f} ± {row['se']:.3f}",
        "" if is_baseline else f"{gain['mean']:+.3f} ± {gain['se']:.3f}",
        *(
            f"{row[name]:.3f}"
            for name in ("ndcg_at_10", "recall_at_20", "recall_at_50", "hr_at_10")
        ),
        f"{row['coverage']:.1%}",
        f"{row['novelty_bits']:.1f}",
        f"{row['bytes'] / 1e6:.2f}",
    ]
