"""Code that has run once needs no memory of its own.

ONNX Runtime runs 12 MiB of its code when it is loaded and 9 MiB when it takes up a model, and never
again. Those pages are copies of what is on the flash; a process that lets go of them is smaller by
as much, and is given back the ones it does need at the next touch.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

__all__ = ["give_back_code"]

_MAPS = Path("/proc/self/maps")
_CODE = "r-xp"
"""Executable and never written, so that nothing is lost with it; of a file, see proc(5)."""
_FIELDS = 6
_MADV_DONTNEED = 4
"""madvise(2): later accesses "succeed, but will result in repopulating the memory contents from the
up-to-date contents of the underlying mapped file"."""


def give_back_code(maps: Path = _MAPS) -> None:
    """Let go of the code of this process's libraries.

    Args:
        maps: what is mapped where; where there is no such file, nothing happens.

    """
    try:
        lines = maps.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return
    advise = ctypes.CDLL(None).madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for fields in (line.split(maxsplit=_FIELDS - 1) for line in lines):
        if len(fields) == _FIELDS and fields[1] == _CODE and fields[-1].startswith("/"):
            start, end = (int(place, 16) for place in fields[0].split("-"))
            advise(start, end - start, _MADV_DONTNEED)  # advice: what is not taken does not matter
