"""Scan a write-ahead log before it is opened: does its checksum chain end too early?

SQLite applies a log up to the last complete commit and silently drops what follows. So a flipped
bit in the log drops committed rows while integrity checks find nothing. Headers and checksums of
the log are not encrypted (SQLite file format, 4.1 to 4.3), so that this needs no key.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgeagent.errors import StorageError
from edgeagent.regular_file import open_regular
from edgeagent.store.ownership import foreign_file

__all__ = ["LogScan", "first_page", "fits", "scan_log"]

_HEADER, _FRAME_HEADER = 32, 24
_MAGIC = (0x377F0682, 0x377F0683)
_MASK = 0xFFFFFFFF
"""SQLite file format, 4.1 and 4.2: sizes in bytes, the two byte orders of the checksum, 32 bits."""
_Sums = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogScan:
    """The result of scanning a log."""

    frames: int
    """Complete frames of the present log."""
    lost: bool
    """Whether a commit of the present log is dropped because a frame does not verify, after a power
    cut or damage."""


def scan_log(path: Path) -> LogScan:
    """Verify the checksums of a ``-wal`` file; a missing or empty one is valid.

    Raises:
        StorageError: it cannot be read.

    """
    data = _contents(path)
    if not data:
        return LogScan(frames=0, lost=False)
    magic, _version, page_bytes = struct.unpack(">3I", data[:12].ljust(12, b"\0"))
    order: Literal["<", ">"] = ">" if magic & 1 else "<"
    sums = _sums(data[:24], (0, 0), order)
    if magic not in _MAGIC or sums != _stored(data, 24):
        return LogScan(frames=0, lost=True)
    salts, size = data[16:24], _FRAME_HEADER + page_bytes
    frames = sum(1 for _ in _verified(data, salts, sums, order=order, size=size))
    return LogScan(frames=frames, lost=_loses_a_commit(data, salts, after=frames, size=size))


def fits(log: Path, *, pages: int) -> bool:
    """Return whether a database file of that many ``pages`` can belong to a log.

    If a page is neither in the log nor in the file, the file is older than the log, and SQLite
    would open the two as a database that never existed, often an empty one. Only headers are read,
    so this is fast.

    Raises:
        StorageError: the log cannot be read.

    """
    data = _contents(log)
    if len(data) < _HEADER:
        return True
    size = _FRAME_HEADER + int.from_bytes(data[8:12])
    written: set[int] = set()
    length = 0
    for start in range(_HEADER, len(data) - size + 1, size):
        if data[start + 8 : start + 16] != data[16:24]:
            break  # left from before the log was last restarted
        page, committed = struct.unpack(">2I", data[start : start + 8])
        written.add(page)
        length = committed or length
    return all(page in written for page in range(pages + 1, length + 1))


def first_page(log: Path) -> tuple[int, bytes] | None:
    """Return number and bytes of the first page in a log; ``None`` if SQLite would not apply it.

    Raises:
        StorageError: the log cannot be read.

    """
    data = _contents(log)
    size = _FRAME_HEADER + int.from_bytes(data[8:12])
    first = data[_HEADER : _HEADER + size]
    magic = int.from_bytes(data[:4])
    order: Literal["<", ">"] = ">" if magic & 1 else "<"
    sums = _sums(data[:24], (0, 0), order)
    if magic not in _MAGIC or sums != _stored(data, 24):
        return None
    if not any(_verified(data[: _HEADER + size], data[16:24], sums, order=order, size=size)):
        return None
    return int.from_bytes(first[:4]), first[_FRAME_HEADER:]


def _contents(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise (
            foreign_file(path)
            or StorageError(f"{path}: {error.strerror}", hint="check its permissions")
        ) from error


def _verified(
    data: bytes, salts: bytes, sums: _Sums, *, order: Literal["<", ">"], size: int
) -> Iterator[int]:
    """Yield the offsets of the frames that SQLite would apply."""
    for start in range(_HEADER, len(data), size):
        frame = data[start : start + size]
        if frame[8:16] != salts:
            return  # left from before the log was last restarted, or damaged
        sums = _sums(frame[:8], sums, order)
        sums = _sums(frame[_FRAME_HEADER:], sums, order)
        if len(frame) < size or sums != _stored(frame, 16):
            return
        yield start


def _loses_a_commit(data: bytes, salts: bytes, *, after: int, size: int) -> bool:
    """Return whether a commit frame of the present log follows the last frame that verifies.

    A transaction without its commit frame was never acknowledged, so it is not a loss.
    """
    later = range(_HEADER + after * size, len(data), size)
    return any(
        data[start + 8 : start + 16] == salts and data[start + 4 : start + 8] != bytes(4)
        for start in later
    )


def _stored(data: bytes, at: int) -> _Sums:
    first, second = struct.unpack(">2I", data[at : at + 8].ljust(8, b"\0"))
    return first, second


def _sums(data: bytes, sums: _Sums, order: Literal["<", ">"]) -> _Sums:
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data[: len(data) // 4 * 4])
    for even, odd in zip(words[::2], words[1::2], strict=False):
        first = (first + even + second) & _MASK
        second = (second + odd + first) & _MASK
    return first, second
