"""The time frame of a week's count: it takes the same time whatever the count does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["COUNT_SECONDS", "Frame", "at_once", "fixed_frame"]

COUNT_SECONDS = 60
"""Duration of a week's count; the report is booked exactly at its end. The slowest supported box
loads and runs the segmenter in ten seconds; a count that is not done in time becomes "none"."""

Frame = Callable[[Callable[[], None]], None]
"""Runs the work and returns when the frame is over."""


def fixed_frame(work: Callable[[], None], *, pause: Callable[[float], None] = time.sleep) -> None:
    """Return after ``COUNT_SECONDS``, whether the work is done or not."""
    threading.Thread(target=work, name="count", daemon=True).start()
    pause(COUNT_SECONDS)


def at_once(work: Callable[[], None]) -> None:
    """Return when the work is done: for simulations, where no observer measures the time."""
    work()
