"""Two builds of a package give the same bytes, so that anybody can check where one comes from.

What would differ is taken out: times, the permissions that a umask leaves, the order and the number
of threads, and the paths of the machine that builds. See https://reproducible-builds.org/docs/.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from edgeagent.errors import InputError

__all__ = ["EPOCH_VARIABLE", "build_time", "drop_traces", "settle"]

EPOCH_VARIABLE = "SOURCE_DATE_EPOCH"
"""Seconds UTC: https://reproducible-builds.org/specs/source-date-epoch/."""
_TRACES = ("direct_url.json", "REQUESTED")


def build_time(wheel: Path, environment: Mapping[str, str]) -> int:
    """Return when a package counts as built, seconds UTC.

    Args:
        wheel: ours; its time counts where the environment names none.
        environment: with ``SOURCE_DATE_EPOCH``, or without.

    Raises:
        InputError: ``SOURCE_DATE_EPOCH`` is no time, or ``wheel`` is no wheel.

    """
    named = environment.get(EPOCH_VARIABLE, "")
    if named.isascii() and named.isdigit():
        return int(named)
    if named:
        raise InputError(
            f"{EPOCH_VARIABLE}={named} is no time",
            hint=f"seconds UTC: {EPOCH_VARIABLE}=$(git log -1 --format=%ct)",
        )
    try:
        with ZipFile(wheel) as packed:
            latest = max(entry.date_time for entry in packed.infolist())
    except (BadZipFile, ValueError) as error:  # no archive, or one without files
        raise InputError(
            f"{wheel} is not a wheel", hint="make it again: pip wheel --no-deps ."
        ) from error
    return int(datetime(*latest, tzinfo=UTC).timestamp())


def drop_traces(library: Path) -> None:
    """Remove from pip's notes in ``library`` what differs from one building machine to another.

    ``direct_url.json`` names where our wheel lay, ``REQUESTED`` which wheels a requirements file
    named. ``RECORD`` holds files that no box gets, and the hash of commands whose first line names
    the Python that ran pip.
    """
    for name in _TRACES:
        for path in library.glob(f"*.dist-info/{name}"):
            path.unlink()
    for record in library.glob("*.dist-info/RECORD"):
        kept = io.StringIO()
        rows = csv.reader(record.read_text("utf-8").splitlines())
        there = (row for row in rows if row[0][:2] != ".." and (library / row[0]).is_file())
        csv.writer(kept, lineterminator="\n").writerows(sorted(there))
        record.write_text(kept.getvalue(), "utf-8")


def settle(root: Path, *, at: int) -> None:
    """Give every file and directory below ``root`` one time, and permissions that no umask changes.

    Args:
        root: of the package.
        at: seconds UTC.

    """
    for path in (root, *root.rglob("*")):
        runs = path.is_dir() or bool(path.stat().st_mode & 0o100)
        path.chmod(0o755 if runs else 0o644)
        os.utime(path, (at, at))
