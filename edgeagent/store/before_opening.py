"""Check a database and its write-ahead log before SQLite may write to either.

The last connection to close moves the log into the database, even if the two do not belong
together. So both stay untouched until it is certain that they open under the key and match. The
salt of a database is its first 16 bytes, and each page ends in the HMAC-SHA512 of what it holds and
of its number, under a key made of both (SQLCipher 4).
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
from pathlib import Path

from edgeagent.errors import Damaged, NotOurDatabase, StorageError
from edgeagent.regular_file import open_regular
from edgeagent.store.home_files import SIDE_SUFFIXES, log_of
from edgeagent.store.keys import SecretKey
from edgeagent.store.ownership import foreign_file
from edgeagent.store.wal_scan import first_page

__all__ = ["check_header", "has_content", "require_no_lone_log", "require_own_log"]

_PLAIN_HEADER = b"SQLite format 3\x00"
_SALT_BYTES, _HMAC_BYTES = 16, 64
_SALT_MASK, _ROUNDS, _KEY_BYTES = 0x3A, 2, 32
"""SQLCipher 4: the HMAC key is PBKDF2 of the key, 2 rounds, with the salt XOR 0x3a."""


def check_header(path: Path) -> None:
    """Raise if a file is certainly not one of our databases.

    Raises:
        Damaged: it is missing or empty.
        NotOurDatabase: it is a plain SQLite database.
        StorageError: it cannot be read, or it or its log is not a regular file.

    """
    try:
        with open_regular(path) as file:
            header = file.read(len(_PLAIN_HEADER))
        _check_beside(path)
    except FileNotFoundError as error:
        raise Damaged(
            f"{path} is missing", hint="restore it from a backup, with the files beside it"
        ) from error
    except OSError as error:
        raise (
            foreign_file(path)
            or StorageError(
                f"{error.filename or path}: {error.strerror}",
                hint="check the path and its permissions",
            )
        ) from error
    if not header:
        raise Damaged(
            f"{path} is empty", hint="restore it from a backup, or move it aside to start empty"
        )
    if header == _PLAIN_HEADER:
        raise NotOurDatabase(
            f"{path} is a plain SQLite database, not an encrypted store",
            hint="choose another home; a store is never written unencrypted",
        )


def _check_beside(path: Path) -> None:
    """Raise OSError if a log is not a regular file; SQLite would block on a pipe."""
    for suffix in SIDE_SUFFIXES:
        # Not opened: closing it would release the POSIX locks that this process holds on it.
        place = path.with_name(f"{path.name}{suffix}")
        if place.exists() and not place.is_file():
            raise OSError(errno.EINVAL, "not a regular file", os.fspath(place))


def has_content(path: Path) -> bool:
    """Return whether a file exists and is not empty."""
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def require_own_log(path: Path, key: SecretKey) -> None:
    """Raise if the log beside this database belongs to another one.

    Raises:
        Damaged: it does.

    """
    first = first_page(log_of(path))
    if first is None:
        return
    number, page = first
    with path.open("rb") as file:
        salt = bytes(byte ^ _SALT_MASK for byte in file.read(_SALT_BYTES))
    mac_key = hashlib.pbkdf2_hmac("sha512", key.reveal(), salt, _ROUNDS, _KEY_BYTES)
    covered = page[_SALT_BYTES if number == 1 else 0 : -_HMAC_BYTES]
    made = hmac.digest(mac_key, covered + number.to_bytes(4, "little"), "sha512")
    if not hmac.compare_digest(made, page[-_HMAC_BYTES:]):
        raise Damaged(
            f"{log_of(path)} does not belong to {path.name} beside it",
            hint="restore the matching file, or move the log aside; neither has been changed",
        )


def require_no_lone_log(path: Path) -> None:
    """Raise if the log of a missing database is there: a new database would take it over.

    Raises:
        Damaged: it does.

    """
    if has_content(log_of(path)):
        raise Damaged(
            f"{path} is missing, but its log {log_of(path).name} exists",
            hint="restore the database beside its log, or set the log aside: edgeagent doctor "
            "--repair; it has not been changed",
        )
