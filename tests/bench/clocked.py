"""How long something takes by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["seconds_of"]


def seconds_of(work: Callable[[], object]) -> float:
    """Do it, and return the seconds it took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
