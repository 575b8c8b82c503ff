"""Which rows of the quality tables are left to compute, and how long that takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.bench.quality_logs import RankedLog
from tests.bench.quality_tables import held_rows
from tests.bench.rankers import PUBLISHED
from tests.bench.series import duration

__all__ = ["RowLeft", "forecast", "rows_left"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowLeft:
    """A row that no table holds."""

    log: RankedLog
    protocol: str
    model: str
    seconds: float | None
    """What such rows took, on one core; nothing if there was none."""

    def __str__(self) -> str:
        """Name it."""
        return f"{self.log.name}, {self.protocol}, {self.model}"


def rows_left(
    logs: Sequence[RankedLog],
    held: Sequence[dict[str, Any]],
    *,
    wanted: Sequence[str],
    took: Sequence[dict[str, Any]],
) -> list[RowLeft]:
    """Return the rows that are missing, published rankers last: they need what may not be there.

    Args:
        logs: whose rows.
        held: tables whose rows are not computed again.
        wanted: models; none means all.
        took: tables whose rows say how long such a row takes.

    """
    left = []
    for log in logs:
        for protocol, models in log.models.items():
            there = {row["model"] for row in held_rows(held, log.facts(protocol))}
            left += [
                RowLeft(
                    log=log,
                    protocol=protocol,
                    model=model,
                    seconds=_seconds(log, protocol, model, took),
                )
                for model in models
                if model not in there and (model in wanted or not wanted)
            ]
    return sorted(left, key=lambda row: row.model in PUBLISHED)


def forecast(left: Sequence[RowLeft], *, each: bool = False) -> str:
    """Say in words how many rows are left and how long they take, if asked with a line for each."""
    if not left:
        return "No row is left"
    known = [row.seconds for row in left if row.seconds is not None]
    said = f"{'1 row is' if len(left) == 1 else f'{len(left)} rows are'} left"
    if known:
        said += f", {duration(sum(known))} on one core as such rows took before"
    if len(known) < len(left):
        said += f"; nobody has timed {len(left) - len(known)} of them"
    lines = [
        f"  {row}: {'not known' if row.seconds is None else duration(row.seconds)}"
        for row in (left if each else ())
    ]
    return "\n".join([said, *lines])


def _seconds(
    log: RankedLog, protocol: str, model: str, took: Sequence[dict[str, Any]]
) -> float | None:
    """Return the median of such rows: of this very one, else of its log, else of all."""
    of_log = [table for table in took if table["log"] == log.name]
    for tables in ([table for table in of_log if table["protocol"] == protocol], of_log, took):
        rows = [row for table in tables for row in table["rows"]]
        found = [row["seconds"] for row in rows if row["model"] == model]
        if found:
            return float(median(found))
    return None
