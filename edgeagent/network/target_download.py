"""Fetch one target, continuing where an earlier attempt was cut off.

What has arrived lies under the target's hash, so that any server can continue it, and is verified
as a whole: a wrong beginning is thrown away, and the file fetched from the start.
"""

from __future__ import annotations

import os
from http import HTTPStatus
from pathlib import Path
from typing import IO

from tuf.api.exceptions import (
    DownloadHTTPError,
    DownloadLengthMismatchError,
    LengthOrHashMismatchError,
)
from tuf.api.metadata import TargetFile

from edgeagent.network.fetcher import FilePart, PartFetcher

__all__ = ["STEP_BYTES", "fetch_target"]

STEP_BYTES = 1024 * 1024
"""A download continues at a multiple of this. A server that cuts every box off at a byte of its own
could know each again by the byte it continues at; in a catalogue of 10 MB there are ten steps."""


def fetch_target(
    fetcher: PartFetcher, info: TargetFile, *, url: str, partials: Path, to: Path
) -> None:
    """Fetch a target and verify it; ``to`` then appears as a whole.

    Args:
        fetcher: asks the server.
        info: signed length and hashes.
        url: where it is.
        partials: directory for what has arrived; it holds one file at most.
        to: path of the verified target.

    Raises:
        DownloadError: it did not arrive, or is longer than signed; what has arrived is kept.
        LengthOrHashMismatchError: it is not what was signed; it is thrown away.

    """
    partial = partials / f"{next(iter(info.hashes.values()))}.part"
    for path in partials.iterdir():  # of a target that is not published any more
        if path != partial:
            path.unlink()
    while not _arrived(fetcher, info, url=url, partial=partial):
        pass  # what an earlier attempt had left was wrong: from the start
    partial.replace(to)


def _arrived(fetcher: PartFetcher, info: TargetFile, *, url: str, partial: Path) -> bool:
    """Return whether the target is there; false: what it was continued from is gone."""
    with partial.open("ab+") as file:
        asked = max(0, min(file.seek(0, os.SEEK_END), info.length - 1)) // STEP_BYTES * STEP_BYTES
        continued = bool(asked)
        try:
            with fetcher.fetch_from(url, asked) as part:
                continued = bool(part.start)
                _write(part, file, info)
            file.seek(0)
            info.verify_length_and_hashes(file)
        except (DownloadHTTPError, DownloadLengthMismatchError, LengthOrHashMismatchError) as error:
            kept = isinstance(error, DownloadHTTPError) and not _past_the_end(error)
            if not kept:
                partial.unlink()
            if kept or not continued:
                raise
            return False
        os.fsync(file)
    return True


def _write(part: FilePart, file: IO[bytes], info: TargetFile) -> None:
    file.truncate(length := part.start)
    for chunk in part.chunks:
        length += len(chunk)
        if length > info.length:
            raise DownloadLengthMismatchError(f"{info.path}: longer than signed: {info.length}")
        file.write(chunk)


def _past_the_end(error: DownloadHTTPError) -> bool:
    return error.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
