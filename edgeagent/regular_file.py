"""Read a file that a user named: a regular file, up to a size limit.

A pipe would keep the reader waiting, and a device has no end. What is refused is an ``OSError``, so
that each caller says it in the words that it has for a file that cannot be read.
"""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

__all__ = ["open_regular", "read_regular"]

_CHUNK_BYTES = 65_536


def open_regular(path: Path | str, *, flags: int = 0) -> BufferedReader:
    """Open a regular file for reading.

    Args:
        path: which.
        flags: more of open(2)'s, such as ``O_NOFOLLOW``.

    Raises:
        OSError: it cannot be opened, or is no regular file.

    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))


def read_regular(path: Path | str, *, cap_bytes: int, flags: int = 0) -> bytes:
    """Read a regular file of at most ``cap_bytes``.

    Raises:
        OSError: it cannot be read, is no regular file, or is longer.

    """
    with open_regular(path, flags=flags) as file:
        # The size of the file, not the cap: read(n) allocates a buffer of n bytes.
        data = file.read(min(os.fstat(file.fileno()).st_size, cap_bytes) + 1)
        while len(data) <= cap_bytes and (more := file.read(_CHUNK_BYTES)):  # it has grown
            data += more
    if len(data) > cap_bytes:
        raise OSError(errno.EFBIG, f"more than {cap_bytes} bytes", os.fspath(path))
    return data
