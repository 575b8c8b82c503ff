"""Numbers, weeks and intervals in words that a programmer reads."""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil, floor
from typing import Literal

from edgeagent.clock import WEEK_SECONDS, week_start
from server_stub.aggregation.changes import SegmentChange

__all__ = [
    "Unit",
    "day",
    "difference",
    "figure",
    "interval",
    "moment",
    "points",
    "quarter_months",
    "week_name",
    "whole_of",
]

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_FIRST_YEAR, _QUARTERS = 1970, 4
_COARSE = 0.01
"""From this half-width on intervals are told in hundreds: a thousandth says nothing more there."""

Unit = Literal["share", "sessions"]


def whole_of(half_width: float) -> int:
    """Return of how many sessions intervals are told: one number for all rows of a table."""
    return 100 if half_width >= _COARSE else 1000


def interval(low: float, high: float, unit: Unit, *, whole: int) -> str:
    """Return an interval in words, rounded outwards so that the words hold as well.

    A share cannot be below 0 or above 1, although its interval may reach there.
    """
    if unit == "sessions":
        return f"between {max(low, 0):.2f} and {max(high, 0):.2f} sessions a box and week"
    # Floats: 0.07 * 100 is a little more than 7, which is not 8.
    least = min(whole, max(0, floor(round(low * whole, 6))))
    most = min(whole, max(0, ceil(round(high * whole, 6))))
    of = f"of {whole:,} sessions"
    if most == 0:
        return f"hardly any {of}"
    if least <= 0:
        return f"at most {most} {of}"
    return f"{most} {of}" if least == most else f"between {least} and {most} {of}"


def figure(value: float, unit: Unit) -> str:
    """Return a value as a number: a percentage, or sessions."""
    text = f"{100 * value:.1f} %" if unit == "share" else f"{value:.2f}"
    return text.replace("-", "−").replace("−0.0 %", "0.0 %").replace("−0.00", "0.00")


def difference(change: SegmentChange, unit: Unit) -> str:
    """Return the interval of a difference whose direction is certain."""
    least, most = sorted((abs(change.low), abs(change.high)))
    if unit == "share":
        return f"{100 * least:.1f} to {100 * most:.1f} points"
    return f"{least:.2f} to {most:.2f} sessions"


def points(half_width: float, unit: Unit) -> str:
    """Return half the width of an interval."""
    return f"± {100 * half_width:.1f} points" if unit == "share" else f"± {half_width:.2f} sessions"


def moment(seconds: int) -> str:
    """Return a moment as ``23 November 2026, 14:05 UTC``."""
    return f"{day(seconds)}, {datetime.fromtimestamp(seconds, UTC):%H:%M} UTC"


def day(seconds: int) -> str:
    """Return a day as ``23 November 2026``."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def week_name(week: int) -> str:
    """Return a week as ``23–29 November``."""
    first = datetime.fromtimestamp(week_start(week), UTC)
    last = datetime.fromtimestamp(week_start(week) + WEEK_SECONDS - 1, UTC)
    if first.month == last.month:
        return f"{first.day}–{last.day} {_MONTHS[last.month - 1]}"
    return f"{first.day} {_MONTHS[first.month - 1]} – {last.day} {_MONTHS[last.month - 1]}"


def quarter_months(epoch: int) -> str:
    """Return a quarter, counted from January 1970, as ``October to December 2026``."""
    year, number = divmod(epoch, _QUARTERS)
    first = 3 * number
    return f"{_MONTHS[first]} to {_MONTHS[first + 2]} {_FIRST_YEAR + year}"
