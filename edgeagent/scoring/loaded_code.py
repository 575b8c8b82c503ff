"""Free the memory of library code that runs only once.

ONNX Runtime runs 12 MiB of its code when it is loaded and 9 MiB when it loads a model, and then
never again. These pages are copies of files on the flash. Dropping them makes the process smaller
by that much; the kernel reads pages again when they are used.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

__all__ = ["give_back_code"]

_MAPS = Path("/proc/self/maps")
_CODE = "r-xp"
"""Executable and not writable, so that dropping it loses nothing; see proc(5)."""
_FIELDS = 6
_MADV_DONTNEED = 4
"""madvise(2): later accesses "succeed, but will result in repopulating the memory contents from the
up-to-date contents of the underlying mapped file"."""


def give_back_code(maps: Path = _MAPS) -> None:
    """Drop the code pages of this process's libraries.

    Args:
        maps: the list of mappings; does nothing if the file does not exist.

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
            advise(start, end - start, _MADV_DONTNEED)  # only advice: errors do not matter
