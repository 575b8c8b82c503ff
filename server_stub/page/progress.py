"""Progress: how many boxes reported, how far publication is, and signs that something is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from math import sqrt

from edgeagent.clock import WEEK_SECONDS, quarter_of, week_of, week_start
from edgeagent.reporting_calendar import SPACING_WEEKS
from server_stub.aggregation.publication import MIN_PUBLISHABLE_REPORTS
from server_stub.page.drawing import Scale
from server_stub.page.figures import PageFigures, QuarterFigures, WindowFigures
from server_stub.page.health import ServerHealth
from server_stub.page.rendering import render

__all__ = ["progress_page"]

_SIZE = (360, 18)
_REASONS = {
    HTTPStatus.NO_CONTENT: ("counted, or counted before", False),
    HTTPStatus.BAD_REQUEST: (
        "not a report that a box can send: forged, or of an old program",
        True,
    ),
    HTTPStatus.REQUEST_TIMEOUT: ("too slow", False),
    HTTPStatus.CONFLICT: ("another report had its number: a copy that was changed", True),
    HTTPStatus.GONE: ("too late: its week is closed", False),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("longer than a report", True),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("not sent as a box sends it", True),
    HTTPStatus.TOO_EARLY: ("its week has not ended here: a clock is wrong", False),
    HTTPStatus.SERVICE_UNAVAILABLE: ("the server had no time; the box tries again", False),
    HTTPStatus.INSUFFICIENT_STORAGE: ("the disk was full; the box tries again", False),
}
"""Words for each answer, and whether it is a sign of tampering."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """How often reports were answered in one way."""

    status: int
    count: int
    words: str
    suspicious: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekRow:
    """One week in the chart."""

    window: WindowFigures
    width: float
    closes_at: int


def progress_page(figures: PageFigures, health: ServerHealth, *, now: int, **frame: object) -> str:
    """Return the page."""
    quarter = figures.quarters[0] if figures.quarters else None
    most = max((w.reports for q in figures.quarters for w in q.windows), default=1)
    bar = Scale(low=0, high=max(most, MIN_PUBLISHABLE_REPORTS), begin=0, end=_SIZE[0])
    return render(
        "progress",
        figures=figures,
        view="progress",
        quarter=quarter,
        expected=_expected(quarter) if quarter else None,
        weeks_of_quarter=_weeks_of(quarter.task.epoch, now) if quarter else 0,
        quarters=[(one, _rows(one, bar)) for one in figures.quarters],
        signs=[w for q in figures.quarters for w in reversed(q.windows) if w.oddities],
        least=MIN_PUBLISHABLE_REPORTS,
        least_at=bar(MIN_PUBLISHABLE_REPORTS),
        size=_SIZE,
        running_week=week_of(now),
        next_at=week_start(week_of(now) + 1),
        answers=_answers(health),
        **frame,
    )


def _rows(quarter: QuarterFigures, bar: Scale) -> list[WeekRow]:
    return [
        WeekRow(
            window=window,
            width=bar(window.reports),
            closes_at=week_start(window.week + 1) + SPACING_WEEKS * WEEK_SECONDS,
        )
        for window in reversed(quarter.windows)
    ]


def _expected(quarter: QuarterFigures) -> float:
    """Return the half-width when as many weeks as a quarter has are in: it falls with the root."""
    weeks = len(quarter.windows)
    return quarter.estimate.max_half_width * sqrt(min(1.0, weeks / SPACING_WEEKS))


def _weeks_of(epoch: int, now: int) -> int:
    """Return how many weeks begin in the quarter that a task covers."""
    near = week_of(now)
    around = range(near - 2 * SPACING_WEEKS, near + 2 * SPACING_WEEKS)
    return sum(quarter_of(week) == epoch for week in around) or SPACING_WEEKS


def _answers(health: ServerHealth) -> list[AnswerRow]:
    found = []
    for status, count in sorted(health.answers.items()):
        words, suspicious = _REASONS.get(HTTPStatus(status), (HTTPStatus(status).phrase, False))
        found.append(AnswerRow(status=status, count=count, words=words, suspicious=suspicious))
    return found
