"""What the invented audience watches, week by week: a season for some segments, and a hit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from edgeagent.clock import week_start
from server_stub.demo.segments import HIT, SEGMENTS

__all__ = ["HIT_WEEKS_AGO", "shares_of"]

HIT_WEEKS_AGO = 9
"""So many weeks before the end the hit comes out."""
_HIT_LOG_ODDS = 1.2
"""It makes its segment three times as large."""
_HALVED_WEEKS = 7
_YEAR_DAYS = 365.25
_SHARP = 3.0
"""Power of the yearly wave: a Christmas is shorter than a half year."""


def shares_of(weeks: Sequence[int]) -> NDArray[np.float64]:
    """Return [W, S'] the share of each segment in the sessions of each week; "none" is the last."""
    days = np.array([_day_of_year(week) for week in weeks])[:, np.newaxis]
    peaks = np.array([segment.peak for segment in SEGMENTS])
    heights = np.array([segment.season for segment in SEGMENTS])
    wave = (1 + np.cos(2 * np.pi * (days - peaks) / _YEAR_DAYS)) / 2
    moved = heights * (2 * wave**_SHARP - 1)
    since = np.arange(len(weeks)) - (len(weeks) - HIT_WEEKS_AGO)
    moved[:, HIT] += np.where(since >= 0, _HIT_LOG_ODDS * 0.5 ** (since / _HALVED_WEEKS), 0)
    usual = np.array([segment.percent for segment in SEGMENTS]) / 100
    watched = usual * np.exp(moved)
    watched *= usual.sum() / watched.sum(axis=1, keepdims=True)
    return np.column_stack([watched, np.full(len(weeks), 1 - usual.sum())])


def _day_of_year(week: int) -> int:
    """Return the day on which the middle of a week falls."""
    begins = datetime.fromtimestamp(week_start(week), UTC)
    return begins.timetuple().tm_yday + 3
