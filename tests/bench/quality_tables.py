"""Quality tables as Markdown, from the JSON that :mod:`tests.bench.bench_quality` writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["LAST_RUN", "markdown", "with_table"]

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
_NUMBERS = ("ndcg_at_10", "recall_at_20", "recall_at_50", "hr_at_10")


def markdown(tables: Sequence[dict[str, Any]]) -> str:
    """Return a Markdown table for each of ``tables``."""
    return "\n\n".join(_table(table) for table in tables)


def with_table(tables: Sequence[dict[str, Any]], new: dict[str, Any]) -> list[dict[str, Any]]:
    """Return ``tables`` with the rows of ``new`` in place of its old ones, in its table.

    A row that ``new`` does not hold stays, where it was measured against the same baseline. Rows
    new to a table stand first, as the heads do.
    """
    kind = tuple(new[name] for name in _KIND)
    at = next(
        (n for n, table in enumerate(tables) if tuple(table[name] for name in _KIND) == kind), None
    )
    if at is None:
        return [*tables, new]
    over = new["rows"][0]["gain_over"]
    rows = {row["model"]: row for row in new["rows"]}
    kept = [row for row in tables[at]["rows"] if row["gain_over"] == over]
    added = [row for name, row in rows.items() if name not in {row["model"] for row in kept}]
    merged = [*added, *(rows.get(row["model"], row) for row in kept)]
    return [*tables[:at], {**new, "rows": merged}, *tables[at + 1 :]]


def _table(table: dict[str, Any]) -> str:
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
