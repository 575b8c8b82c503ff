"""The quality tables of the page, with the rows of published rankers that ``rankers`` wrote.

Both are gains over the same EASE for the same people. They are in two files because the one needs
an environment of its own and half a day, and is made again when a package is.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.quality_tables import LAST_RUN, markdown

__all__ = ["LAST_RANKERS", "quality_page", "with_rankers"]

LAST_RANKERS = Path(__file__).with_name("rankers.json")
"""What the page shows of published rankers: the file of the last run."""


def quality_page() -> str:
    """Return the tables of the last runs."""
    own, published = (json.loads(path.read_text("utf-8")) for path in (LAST_RUN, LAST_RANKERS))
    return markdown(with_rankers(own, published))


def with_rankers(
    tables: Sequence[dict[str, Any]], published: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return ``tables``, each with the published rows of its log and protocol, then the others."""
    rest = {(table["log"], table["protocol"]): table for table in published}
    joined = []
    for table in tables:
        more = rest.pop((table["log"], table["protocol"]), None)
        joined.append(table if more is None else {**table, "rows": _rows(table, more)})
    return [*joined, *rest.values()]


def _rows(table: dict[str, Any], more: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of both; a model that both have stands there as the first has it."""
    there = {row["model"] for row in table["rows"]}
    over = table["rows"][0]["gain_over"]
    added = [row for row in more["rows"] if row["model"] not in there and row["gain_over"] == over]
    return [*table["rows"], *added]
