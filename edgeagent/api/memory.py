"""Returns memory that Python has freed to the system."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable

__all__ = ["give_back", "keep_one_heap"]

_C_LIBRARY = ctypes.CDLL(None)
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3
"""mallopt(3)."""
_LARGE_BYTES = 128 * 1024


def keep_one_heap() -> None:
    """Let all threads share one heap, where the C library knows how (glibc does).

    It would begin one for each thread, and a heap is given back at its end only. Our threads take
    turns, so that they do not wait for each other. To be called before there are any. What is large
    has a place of its own, so that a long answer is given back when it has been sent.
    """
    limit = getattr(_C_LIBRARY, "mallopt", None)
    if limit is not None:
        limit(_M_ARENA_MAX, 1)
        limit(_M_MMAP_THRESHOLD, _LARGE_BYTES)  # else it grows with the first that is freed


def give_back() -> None:
    """Return free memory to the system, where the C library knows how (glibc does).

    The interpreter remembers under which names it last looked up methods. Extensions make such a
    name again for each call, so that thousands of small strings live on, and each mebibyte that
    holds one of them stays with the process.
    """
    gc.collect()
    _forget_lookups()
    trim = getattr(_C_LIBRARY, "malloc_trim", None)
    if trim is not None:
        trim(0)


def _forget_lookups() -> None:
    newer, older = "_clear_internal_caches", "_clear_type_cache"  # Python 3.13 renamed it
    forget: Callable[[], None] | None = getattr(sys, newer, getattr(sys, older, None))
    if forget is not None:
        forget()
