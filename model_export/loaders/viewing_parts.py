"""A log in Parquet that is not to be in memory at once: some people at a time, from files.

The rows are read once and each person's go to one of several files, by a hash of the name; a file
read back is a log of those people's whole histories. The files hold who watched what as numbers,
in a directory that only this user may read and that is gone when the log is left.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, overload

import numpy as np

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

    def __init__(self, files: Sequence[Path], catalogue: LoadedCatalogue) -> None:
        """Offer the parts in ``files``."""
        self._files = tuple(files)
        self._catalogue = catalogue

    def __len__(self) -> int:
        """Return how many parts there are."""
        return len(self._files)

    @overload
    def __getitem__(self, place: int) -> WatchLog: ...
    @overload
    def __getitem__(self, place: slice) -> ViewingParts: ...
    def __getitem__(self, place: int | slice) -> WatchLog | ViewingParts:
        """Read one part; of a slice none is read."""
        if isinstance(place, slice):
            return ViewingParts(self._files[place], self._catalogue)
        rows = np.fromfile(self._files[place], dtype=_ROW)
        people, users = np.unique(rows["user"], return_inverse=True)
        columns = ViewingColumns(
            users=users.astype(np.int64),
            items=rows["item"].astype(np.int64),
            watched_on=np.ascontiguousarray(rows["watched_on"]),
            completion=np.ascontiguousarray(rows["completion"]),
        )
        return log_of(columns, self._catalogue, people=len(people))


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
        scratch: directory in which the parts are written for as long as they are used.
        progress: told how many rows were read.

    Raises:
        InputError: file, row and field of what is wrong.

    """
    total = parquet_rows(path)
    count = max(math.ceil(total / at_once), 1)
    column = {title.entity_id: number for number, title in enumerate(catalogue.titles)}
    with TemporaryDirectory(prefix=".viewings-", dir=_made(scratch)) as directory:
        files = [Path(directory) / f"{number}" for number in range(count)]
        done = 0
        for batch in read_table(path, required=REQUIRED):
            read = viewings_of(batch, _hashed, column, skip_unknown=skip_unknown)
            _spread(read, files)
            done += len(batch.numbers)
            progress(done, total)
        written = [file for file in files if file.exists()]
        if not written:
            raise nothing_known(path, catalogue, rows=done)
        yield ViewingParts(written, catalogue)


def _made(scratch: Path) -> Path:
    if not scratch.is_dir():
        raise InputError(f"{scratch} is no directory", hint="name one for what is read in parts")
    return scratch


@lru_cache(maxsize=_REMEMBERED_NAMES)
def _hashed(name: str) -> int:
    """Number a person: 63 bits, which two of ten million people share with a chance of 1 : 10⁵."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") >> 1


def _spread(read: ViewingColumns, files: Sequence[Path]) -> None:
    rows = np.empty(len(read.users), dtype=_ROW)
    rows["user"], rows["item"] = read.users, read.items
    rows["watched_on"], rows["completion"] = read.watched_on, read.completion
    part = read.users % len(files)
    for number in np.unique(part):
        with files[number].open("ab") as file:  # so many may not be open at a time
            rows[part == number].tofile(file)
