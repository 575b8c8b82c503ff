"""Memory that Python has freed, given back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable

__all__ = ["give_back"]

_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None)


def give_back() -> None:
    """Return free memory to the system, where the C library knows how (glibc does).

    The interpreter remembers under which names it last looked up methods. Extensions make such a
    name anew for each call, so that thousands of small strings live on, and each mebibyte that
    holds one of them stays with the process.
    """
    gc.collect()
    _forget_lookups()
    if _TRIM is not None:
        _TRIM(0)


def _forget_lookups() -> None:
    newer, older = "_clear_internal_caches", "_clear_type_cache"  # Python 3.13 renamed it
    forget: Callable[[], None] | None = getattr(sys, newer, getattr(sys, older, None))
    if forget is not None:
        forget()
