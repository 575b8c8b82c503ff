"""The statements that sum reports, in the SQL that DuckDB and Spark have in common.

They read a view ``report_rows`` of a spool's files and a table ``repeated``, made from
:attr:`ReportSql.repeated`. Repeated ids are looked for by themselves, since there are few: it takes
24 bytes a report to find them, and only their rows are compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edgeagent.messages import ReportTask
from edgeagent.messages.report import COUNT_LIMIT
from edgeagent.privacy.estimation import Totals
from edgeagent.privacy.subset_selection import SubsetSelection
from server_stub.aggregation.aggregator import WindowSums
from server_stub.aggregation.spool import ID_COLUMNS, count_columns

__all__ = ["ReportSql", "Rows", "windows_of"]

Rows = Iterable[tuple[int, ...]]
_IDS = ", ".join(ID_COLUMNS)
_SAME = " AND ".join(f"r.{name} = p.{name}" for name in ("week", *ID_COLUMNS))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSql:
    """The statements for one task."""

    task: ReportTask

    @property
    def _columns(self) -> tuple[str, ...]:
        return count_columns(self.task.categories)

    @property
    def possible(self) -> str:
        """A condition: a row is what the task's mechanism can produce."""
        columns, total = ", ".join(self._columns), self._total
        # Without its id nobody could tell whether a report repeats another one.
        known = " AND ".join(f"{name} IS NOT NULL" for name in ID_COLUMNS)
        if self.task.mechanism == "subset_selection":
            weight = SubsetSelection(self.task.categories, self.task.odds).weight
            # least and greatest pass over nulls; a sum does not.
            return (
                f"{known} AND least({columns}) >= 0 AND greatest({columns}) <= 1 "
                f"AND {total} = {weight}"
            )
        return (
            f"{known} AND least({columns}) >= {-COUNT_LIMIT} "
            f"AND greatest({columns}) <= {COUNT_LIMIT} AND {total} IS NOT NULL"
        )

    @property
    def _total(self) -> str:
        return " + ".join(f"CAST({name} AS INTEGER)" for name in self._columns)

    @property
    def repeated(self) -> str:
        """Ids that more than one row of a window has, possible or not."""
        return f"SELECT week, {_IDS} FROM report_rows GROUP BY week, {_IDS} HAVING count(*) > 1"  # noqa: S608

    @property
    def sums(self) -> str:
        """Week, reports, sum of each category, then of clamped counts of each (or 0)."""
        columns = ", ".join(self._columns)
        of_row = ", ".join(f"r.{name}" for name in self._columns)
        rows = f"(SELECT * FROM report_rows WHERE {self.possible}) AS r"  # noqa: S608
        return (
            f"SELECT week, {', '.join(self.figures)} FROM ("  # noqa: S608
            f"SELECT r.week, {of_row} FROM {rows} ANTI JOIN repeated p ON {_SAME} UNION ALL "
            f"SELECT week, {columns} FROM (SELECT r.week, {of_row}, row_number() OVER ("
            f"PARTITION BY r.week, r.id_high, r.id_low ORDER BY {of_row}) AS copy "
            f"FROM {rows} JOIN repeated p ON {_SAME}) AS ranked "
            "WHERE copy = 1) AS counted GROUP BY week"
        )

    @property
    def figures(self) -> tuple[str, ...]:
        """What is computed of a week's counted rows: 1 + 2 S' expressions."""
        sums = (f"sum({name})" for name in self._columns)
        return ("count(*)", *sums, *map(self._clamped, self._columns))

    def _clamped(self, name: str) -> str:
        if self.task.mechanism == "subset_selection":
            return "sum(0)"
        return (
            f"sum(CASE WHEN {name} >= {COUNT_LIMIT} THEN 1 WHEN {name} <= {-COUNT_LIMIT} THEN -1 "
            "ELSE 0 END)"
        )

    @property
    def refused(self) -> str:
        """Week, and how many of its rows are not possible."""
        return (
            "SELECT week, count(*) FROM report_rows "  # noqa: S608
            f"WHERE NOT coalesce({self.possible}, false) GROUP BY week"
        )


def windows_of(sums: Rows, *, refused: Rows, categories: int) -> tuple[WindowSums, ...]:
    """Return windows from what the statements answer.

    Args:
        sums: of :attr:`ReportSql.sums`.
        refused: of :attr:`ReportSql.refused`.
        categories: S'.

    """
    counted = {
        week: Totals(
            reports=reports,
            counts=tuple(map(int, values[:categories])),
            at_limit=tuple(map(int, values[categories:])),
        )
        for week, reports, *values in sums
    }
    wrong = {week: number for week, number in refused}  # noqa: C416  (dict() loses the types)
    nothing = Totals.none(categories=categories)
    return tuple(
        WindowSums(week=week, totals=counted.get(week, nothing), refused=wrong.get(week, 0))
        for week in sorted(counted.keys() | wrong.keys())
    )
