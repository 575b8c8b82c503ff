"""Rekey a database: copy it into a new file under a new data key, then replace the old file.

::

    1  NAME.key.next        the new data key, wrapped
    2  NAME.db.next         the copy
    3  ledger.anchor.next   the anchor under the new key (ledger only)
    4  NAME.db.next         becomes NAME.db: the point of no return
    5  ledger.anchor.next   becomes ledger.anchor
    6  NAME.key             is overwritten, and NAME.key.next becomes NAME.key

Before step 4 the old key opens the old file; from then on the new key opens the new file. After a
power cut the next process that opens the home rolls back or completes the rekey.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edgeagent.errors import KeyProviderError, NotOurDatabase, WrongKey
from edgeagent.store.anchor import Anchor
from edgeagent.store.database import Database
from edgeagent.store.durable import (
    destroy_durably,
    move_durably,
    no_room,
    overwrite_durably,
    sync_file,
)
from edgeagent.store.home_files import SIDE_SUFFIXES, anchor_file, data_key_file, database_file
from edgeagent.store.keys import KeyProvider, SecretKey, create_data_key, open_data_key
from edgeagent.store.migrations import Schema

__all__ = ["DatabaseFiles", "Step", "finish_rekey", "rekey_database"]

Step = Callable[[str], None]
"""Called with the name of each step before it; tests simulate a power loss there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFiles:
    """The files of one database of a home."""

    directory: Path
    schema: Schema

    @property
    def database(self) -> Path:
        """The encrypted file."""
        return database_file(self.directory, self.schema.name)

    @property
    def key(self) -> Path:
        """Its wrapped data key."""
        return data_key_file(self.directory, self.schema.name)

    @property
    def anchor(self) -> Path:
        """Its anchor; only the ledger has one."""
        return anchor_file(self.directory, self.schema.name)

    def is_being_exchanged(self) -> bool:
        """Return whether a rekey has begun and is not finished."""
        return _next(self.key).exists()


def rekey_database(files: DatabaseFiles, provider: KeyProvider, *, step: Step) -> SecretKey:
    """Replace the data key of a database and destroy the old one.

    The caller holds the home's lock and has closed its own connection.

    Returns:
        The new key.

    Raises:
        StorageError: another process uses the database, or the disk is full. The old key is valid,
            at the latest after :func:`finish_rekey`.
        LedgerBroken: the anchor cannot be read; nothing was changed.

    """
    name = files.schema.name
    old_key = open_data_key(files.key, database=name, provider=provider)
    position = Anchor(files.anchor, old_key).read() if files.anchor.exists() else None
    step("write the new key")
    new_key = create_data_key(_next(files.key), database=name, provider=provider)
    with _alone(files, old_key) as old:
        step("copy")
        _copy(old, files, new_key)
        if position is not None:
            step("write the new anchor")
            anchor = Anchor(_next(files.anchor), new_key)
            if position.intent is None:
                anchor.confirm(position.confirmed)
            else:
                anchor.intend(position.confirmed, position.intent)
        step("exchange the database")
        _exchange(files.database)
    _go_on(files, step=step)
    return new_key


def finish_rekey(files: DatabaseFiles, provider: KeyProvider) -> None:
    """Complete or roll back a rekey that was interrupted; the caller holds the home's lock.

    If neither key opens the database, it is damaged, and both keys are kept.
    """
    if not files.is_being_exchanged():
        return
    if _opens(files, _next(files.key), provider):
        _go_on(files, step=lambda _: None)
    elif _opens(files, files.key, provider):
        _go_back(files)


def _opens(files: DatabaseFiles, key_file: Path, provider: KeyProvider) -> bool:
    try:
        key = open_data_key(key_file, database=files.schema.name, provider=provider)
        database = Database.open(files.database, key, application_id=files.schema.application_id)
    except (KeyProviderError, NotOurDatabase, WrongKey):
        return False
    try:
        database.use_write_ahead_log()  # an interrupted copy has switched it off
    finally:
        database.close()
    return True


def _go_on(files: DatabaseFiles, *, step: Step) -> None:
    if _next(files.anchor).exists():
        step("exchange the anchor")
        move_durably(_next(files.anchor), files.anchor)
    step("destroy the old key")
    overwrite_durably(files.key)
    step("exchange the key")
    move_durably(_next(files.key), files.key)


def _go_back(files: DatabaseFiles) -> None:
    copy = _next(files.database)
    with no_room(copy):
        for suffix in ("", *SIDE_SUFFIXES, "-journal"):
            copy.with_name(copy.name + suffix).unlink(missing_ok=True)
        _next(files.anchor).unlink(missing_ok=True)
    destroy_durably(_next(files.key))  # last: while it exists, the roll-back is repeated


@contextmanager
def _alone(files: DatabaseFiles, key: SecretKey) -> Iterator[Database]:
    """Open a database exclusively, and without a write-ahead log."""
    database = Database.open(files.database, key, application_id=files.schema.application_id)
    try:
        database.keep_others_out()
        yield database
    finally:
        database.close()


def _copy(old: Database, files: DatabaseFiles, key: SecretKey) -> None:
    target = _next(files.database)
    made = Database.create(target, key, application_id=files.schema.application_id)
    made.close()
    old.copy_into(target, key)
    sync_file(target)


def _exchange(path: Path) -> None:
    """Move the copy into place and empty the old file.

    A process that opened the old file and waits for the lock then finds it empty, instead of
    writing into a file without a name.
    """
    with no_room(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            move_durably(_next(path), path)
            os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)


def _next(path: Path) -> Path:
    return path.with_name(f"{path.name}.next")
