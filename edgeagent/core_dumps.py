"""Keys and titles live in memory; memory must not end up in a file, or in another process."""

from __future__ import annotations

import ctypes
import resource

__all__ = ["forbid_core_dumps"]

_PR_SET_DUMPABLE = 4
"""prctl(2): 0 also keeps other processes of the same user from attaching with ptrace, and from
``/proc/PID/mem``. Executing a program sets it to 1 again, so each program does this for itself."""


def forbid_core_dumps() -> None:
    """Keep this process's memory out of core dumps, from now on and for good.

    Both ways, because a handler in ``/proc/sys/kernel/core_pattern`` ignores the limit. A kernel
    without prctl has the limit alone.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
