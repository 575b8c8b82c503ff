"""How long a run will take on this machine, for the line that it begins with."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from edgeagent.simulator.workers import WORKERS

__all__ = ["forecast_seconds", "forecast_words", "measured_slowness"]

# Seconds of a processor, measured on an x86-64 of 2022; only their ratios matter here.
_START = 20.0
"""Loading the packages, exporting, the page, and the ten fits that choose settings: of 1,500 titles
they take 15 however few viewings there are."""
_VIEWING = 7.5e-5
"""Of the panel: to invent, train on and judge it."""
_BOX_WEEK = 0.018
_REPORT = 3e-6
_CHAPTER = 10.0

_PROBE_STEPS = 2_000_000
_PROBE_SECONDS = 0.15
"""What the probe takes on the machine above when nothing else runs there."""


def forecast_seconds(
    *,
    viewings: int,
    boxes: int,
    weeks: int,
    reports: float,
    chapters: Sequence[str],
    slowness: float,
) -> float:
    """Return about how long a run takes, in seconds.

    Args:
        viewings: of the panel that is trained on.
        boxes: that live for real.
        weeks: how long.
        reports: of the virtual fleet.
        chapters: that are added.
        slowness: of this machine, as :func:`measured_slowness` returns it.

    """
    work = _START + _VIEWING * viewings + _REPORT * reports + _CHAPTER * len(chapters)
    return slowness * (work + _BOX_WEEK * boxes * weeks / WORKERS)


def measured_slowness(monotonic: Callable[[], float] = time.monotonic) -> float:
    """Return how many times as long this machine takes as the one of the figures above.

    What else runs here counts, as it will during the run.
    """
    begin = monotonic()
    sum(step * step for step in range(_PROBE_STEPS))
    return (monotonic() - begin) / _PROBE_SECONDS


def forecast_words(seconds: float) -> str:
    """Return a forecast as it can be believed: to the minute.

    >>> forecast_words(100)
    'this takes about 2 minutes on this machine'
    """
    minutes = round(seconds / 60)
    if minutes < 1:
        return "this takes less than a minute on this machine"
    return f"this takes about {minutes} minute{'' if minutes == 1 else 's'} on this machine"
