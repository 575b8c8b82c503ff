"""A log in Parquet that is not to be in memory at once: some people at a time, from a file.

The rows are read once and written into one file, each person's into one of several parts, by a hash
of the name; a part read back is a log of those people's whole histories. The file holds who watched
what as numbers. It has no name, so that it is gone with the process that wrote it, even one that
was killed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from hashlib import blake2b
from io import BufferedRandom
from pathlib import Path
from tempfile import TemporaryFile
from typing import Protocol, overload

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from model_export.loaders.catalogue_builder import LoadedCatalogue
from model_export.loaders.tables import parquet_rows, read_table
from model_export.loaders.viewings import (
    REQUIRED,
    ViewingColumns,
    log_of,
    nothing_known,
    viewings_of,
)
from model_export.log import WatchLog

__all__ = ["ViewingParts", "viewings_in_parts"]

_ROW = np.dtype(
    [("user", np.int64), ("item", np.int32), ("watched_on", np.int64), ("completion", np.float32)]
)
_REMEMBERED_NAMES = 1 << 20
"""Of people, whose hash need not be computed again."""


class _ReadSoFar(Protocol):
    """Told how many of how many rows were read."""

    def __call__(self, done: int, total: int, /) -> None: ...


class ViewingParts(Sequence[WatchLog]):
    """Logs of some people each, over the same titles; each is read when it is asked for."""

    def __init__(self, file: _PartsFile, parts: Sequence[int], catalogue: LoadedCatalogue) -> None:
        """Offer some of the parts."""
        self._file = file
        self._parts = parts
        self._catalogue = catalogue

    def __len__(self) -> int:
        """Return how many parts there are."""
        return len(self._parts)

    @overload
    def __getitem__(self, place: int) -> WatchLog: ...
    @overload
    def __getitem__(self, place: slice) -> ViewingParts: ...
    def __getitem__(self, place: int | slice) -> WatchLog | ViewingParts:
        """Read one part; of a slice none is read."""
        if isinstance(place, slice):
            return ViewingParts(self._file, self._parts[place], self._catalogue)
        rows = self._file.read(self._parts[place])
        people, users = np.unique(rows["user"], return_inverse=True)
        columns = ViewingColumns(
            users=users.astype(np.int64),
            items=rows["item"].astype(np.int64),
            watched_on=np.ascontiguousarray(rows["watched_on"]),
            completion=np.ascontiguousarray(rows["completion"]),
        )
        return log_of(columns, self._catalogue, people=len(people))


class _PartsFile:
    """Rows in one file: batch by batch as they were read, each batch ordered by part."""

    def __init__(self, file: BufferedRandom, *, parts: int) -> None:
        self._file = file
        self._parts = parts
        self._counts: list[NDArray[np.int64]] = []

    def add(self, read: ViewingColumns) -> None:
        """Write a batch."""
        rows = np.empty(len(read.users), dtype=_ROW)
        rows["user"], rows["item"] = read.users, read.items
        rows["watched_on"], rows["completion"] = read.watched_on, read.completion
        part = read.users % self._parts
        self._file.write(rows[np.argsort(part, kind="stable")].tobytes())
        self._counts.append(np.bincount(part, minlength=self._parts))

    def filled(self) -> list[int]:
        """Return the parts that hold anything."""
        return np.flatnonzero(np.sum(self._counts, axis=0)).tolist() if self._counts else []

    def read(self, part: int) -> NDArray[np.void]:
        """Return the rows of one part, in the order in which they came."""
        counts = np.array(self._counts)
        begins = np.cumsum(counts).reshape(counts.shape) - counts
        rows = np.empty(counts[:, part].sum(), dtype=_ROW)
        there = rows.view(np.uint8).data
        for begin, count in zip(begins[:, part].tolist(), counts[:, part].tolist(), strict=True):
            self._file.seek(begin * _ROW.itemsize)
            there = there[self._file.readinto(there[: count * _ROW.itemsize]) :]
        return rows


@contextmanager
def viewings_in_parts(
    path: Path,
    catalogue: LoadedCatalogue,
    *,
    skip_unknown: bool,
    at_once: int,
    scratch: Path,
    progress: _ReadSoFar,
) -> Iterator[ViewingParts]:
    """Read a log in Parquet and offer it in parts of about ``at_once`` viewings.

    Which part a person is in depends on the name alone, so that the order of rows changes nothing.

    Args:
        path: a file, or a directory of parts as Spark writes it.
        catalogue: its ids are the log's items.
        skip_unknown: leave out viewings of items that the catalogue does not hold.
        at_once: viewings of a part; more where few people watch most of all.
        scratch: directory whose disk holds the parts for as long as they are used.
        progress: told how many rows were read.

    Raises:
        InputError: file, row and field of what is wrong.

    """
    total = parquet_rows(path)
    count = max(math.ceil(total / at_once), 1)
    column = {title.entity_id: number for number, title in enumerate(catalogue.titles)}
    with TemporaryFile(dir=_made(scratch)) as file:
        written, done = _PartsFile(file, parts=count), 0
        for batch in read_table(path, required=REQUIRED):
            written.add(viewings_of(batch, _hashed, column, skip_unknown=skip_unknown))
            done += len(batch.numbers)
            progress(done, total)
        filled = written.filled()
        if not filled:
            raise nothing_known(path, catalogue, rows=done)
        yield ViewingParts(written, filled, catalogue)


def _made(scratch: Path) -> Path:
    if not scratch.is_dir():
        raise InputError(f"{scratch} is no directory", hint="name one for what is read in parts")
    return scratch


@lru_cache(maxsize=_REMEMBERED_NAMES)
def _hashed(name: str) -> int:
    """Number a person: 63 bits, which two of ten million people share with a chance of 1 : 10⁵."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") >> 1
