"""The frame of a week's count: it takes the same time whatever it does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["COUNT_SECONDS", "Frame", "at_once", "fixed_frame"]

COUNT_SECONDS = 60
"""A week's count has so long, and its report is booked when that is over, neither before nor after.
A box of the slowest kind loads the segmenter and runs it in ten seconds; what is not done by then
counts as "none"."""

Frame = Callable[[Callable[[], None]], None]
"""Runs the work and returns when its frame is over."""


def fixed_frame(work: Callable[[], None], *, pause: Callable[[float], None] = time.sleep) -> None:
    """Return after ``COUNT_SECONDS``, whether the work is done or not."""
    threading.Thread(target=work, name="count", daemon=True).start()
    pause(COUNT_SECONDS)


def at_once(work: Callable[[], None]) -> None:
    """Return when the work is done: in simulations nobody waits, and nobody listens."""
    work()
