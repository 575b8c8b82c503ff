"""The page's tables for machines."""

from __future__ import annotations

from edgeagent.clock import iso_utc, week_start
from server_stub.aggregation.estimate_export import ExportTable, estimate_rows
from server_stub.page.figures import PageFigures
from server_stub.page.segment import shown_segment, trend_of

__all__ = ["audience_csv", "progress_csv", "segment_csv"]

Named = tuple[str, str]
"""A file's name, and its text."""
_SEGMENT = {
    "week": int,
    "begins": str,
    "reports": int,
    "value": float,
    "low": float,
    "high": float,
    "final": bool,
}
_PROGRESS = {
    "task": str,
    "week": int,
    "begins": str,
    "reports": int,
    "final": bool,
    "oddities": str,
}


def audience_csv(figures: PageFigures, wanted: str | None) -> Named | None:
    """Return a quarter's shares; ``None``: there are no reports."""
    quarter = figures.quarter(wanted)
    if quarter is None:
        return None
    return f"audience-{quarter.task.epoch}.csv", estimate_rows(quarter.estimate).csv()


def segment_csv(figures: PageFigures, category: int, wanted: str | None) -> Named | None:
    """Return a segment's weeks; ``None``: there is none that may be shown."""
    found = shown_segment(figures, category, wanted)
    if found is None:
        return None
    rows = [
        {name: getattr(week, name) for name in _SEGMENT if name != "begins"} | _begins(week.week)
        for week in trend_of(figures, found[0], category)
    ]
    return f"segment-{category}.csv", ExportTable(columns=_SEGMENT, rows=rows).csv()


def progress_csv(figures: PageFigures) -> Named:
    """Return the number of reports of every week."""
    rows = [
        {
            "task": quarter.task.name,
            "week": window.week,
            "reports": window.reports,
            "final": window.final,
            "oddities": "; ".join(window.oddities),
        }
        | _begins(window.week)
        for quarter in reversed(figures.quarters)
        for window in quarter.windows
    ]
    return "progress.csv", ExportTable(columns=_PROGRESS, rows=rows).csv()


def _begins(week: int) -> dict[str, str]:
    return {"begins": iso_utc(week_start(week))}
