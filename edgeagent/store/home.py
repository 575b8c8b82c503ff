"""Home: the directory of one box, with its keys, its ledger and its history.

::

    kek              key-encryption key of the provider "file"
    ledger.key       wrapped data key        history.key
    ledger.db        with -wal and -shm      history.db
    ledger.anchor    length and head of the ledger's chain
    lock             held while an operation spans a database and a side file

The ledger opens first, without the history. A new database is moved into place when complete.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from edgeagent.clock import iso_utc
from edgeagent.core_dumps import forbid_core_dumps
from edgeagent.errors import (
    Damaged,
    DiskFull,
    InputError,
    KeyProviderError,
    LedgerBroken,
    NotOurDatabase,
    StorageError,
    WrongKey,
)
from edgeagent.randomness import RandomSource
from edgeagent.store.anchor import Anchor
from edgeagent.store.cross_check import begin_mark, cross_check, leave_unmarked, require_untouched
from edgeagent.store.database import Database
from edgeagent.store.durable import (
    destroy_durably,
    move_durably,
    no_room,
    replace_durably,
    sync_directory,
)
from edgeagent.store.genesis import begin_ledger, require_no_ledger_before
from edgeagent.store.history import HistoryStore
from edgeagent.store.history_schema import HISTORY_SCHEMA
from edgeagent.store.home_files import LOCK_NAME, SIDE_SUFFIXES
from edgeagent.store.keys import (
    KeyProvider,
    SecretKey,
    create_data_key,
    open_data_key,
    rewrap_data_key,
)
from edgeagent.store.ledger import LedgerStore
from edgeagent.store.ledger_schema import LEDGER_SCHEMA
from edgeagent.store.lock import HomeLock
from edgeagent.store.logs import CutLogs, require_fitting_log
from edgeagent.store.migrations import Schema
from edgeagent.store.new_database import make_database
from edgeagent.store.read_only import copy_to_memory, is_writable, require_writable
from edgeagent.store.rekey import DatabaseFiles, Step, finish_rekey, rekey_database
from edgeagent.store.viewings import Shown
from edgeagent.store.witness import HistoryWitness

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

__all__ = ["Home"]

_SCHEMAS = (LEDGER_SCHEMA, HISTORY_SCHEMA)


class Home:
    """The stores of one box."""

    def __init__(
        self, directory: Path, *, provider: KeyProvider, copy: TemporaryDirectory[str] | None = None
    ) -> None:
        """Serve ``directory``, or its ``copy`` if it is read-only; use :meth:`open`."""
        self.directory = directory
        self._copy = copy
        self._place = directory if copy is None else Path(copy.name)
        self._provider = provider
        self._lock = HomeLock(self._place / LOCK_NAME)
        self._ledger: LedgerStore | None = None
        self._history: HistoryStore | None = None
        self.shown = Shown()
        self._now = 0
        self.leaves_history_closed = False  # set for network jobs, which never open it
        self._cut_logs = CutLogs()

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        provider: KeyProvider,
        now: int,
        random: RandomSource,
        write_anchor: Callable[[Path, bytes], None] = replace_durably,
        is_writable: Callable[[Path], bool] = is_writable,
    ) -> Self:
        """Open a box's home; create it if there is none.

        Args:
            directory: created with mode 0700.
            provider: where the key-encryption key comes from.
            now: seconds UTC; a new ledger reports nothing for 13 whole weeks after it.
            random: draws a new ledger's reporting phase.
            write_anchor: replaces a file durably; tests simulate a power loss in it.
            is_writable: whether files can be created in a directory; tests replace it. If not, a
                copy in memory is read, and every write fails.

        Raises:
            InputError: ``directory`` is not a directory.
            KeyProviderError, WrongKey: the data key cannot be unwrapped.
            NotOurDatabase, Damaged, DiskFull: the ledger does not open.
            LedgerBroken: the ledger is missing but its anchor exists. A ledger that contradicts its
                anchor opens; its ``check`` raises.

        """
        forbid_core_dumps()
        try:
            with no_room(directory):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except FileExistsError as error:
            raise InputError(
                f"{directory} is not a directory", hint="give a directory with --home"
            ) from error
        copy = None if is_writable(directory) else copy_to_memory(directory)
        home = cls(directory, provider=provider, copy=copy)
        home._now = now
        try:
            home._finish_rekey()
            home._open_ledger(now=now, random=random, write_anchor=write_anchor)
        except BaseException:
            home.close()
            raise
        return home

    @property
    def ledger(self) -> LedgerStore:
        """Consents, budget, disclosures and outbox."""
        if self._ledger is None:
            raise InputError(f"{self.directory} has been closed", hint="open it again")
        return self._ledger

    @property
    def history(self) -> HistoryStore:
        """The viewings; opened on first use.

        Raises:
            StorageError: as for the ledger, which stays open.

        """
        if self._history is None:
            database = self._open_history()
            database.beside = self.ledger.database
            self._history = HistoryStore(database, shown=self.shown)
            try:
                self._take_in(database)
            except BaseException:
                self._history = None
                database.close()
                raise
        return self._history

    def check(self) -> None:
        """Verify ledger and anchor, and that neither database was restored from an old copy.

        Raises:
            LedgerBroken: the message says what is wrong; nothing may be drawn or previewed.

        """
        require_untouched(self.ledger)

    def settle_store_problems(self) -> None:
        """Record that a person has settled the problems of the files.

        Raises:
            LedgerBroken, DiskFull: nothing was recorded.

        """
        if self.ledger.store_problems():
            self.ledger.append_store_note("settled", at=self._now, detail="")

    def rotate(self, new_provider: KeyProvider) -> None:
        """Wrap both data keys under another key-encryption key; the databases stay as they are.

        Raises:
            StorageError: keys that were not rotated open as before; repeat the call.

        """
        require_writable(self.directory, self._copy)
        new_provider.prepare()
        with self._lock.held():
            for schema in _SCHEMAS:
                path = self._files(schema).key
                if path.exists():
                    rewrap_data_key(
                        path,
                        database=schema.name,
                        provider=self._provider,
                        new_provider=new_provider,
                    )
        self._provider = new_provider

    def rekey(self, *, ledger: bool = True, step: Step = lambda _: None) -> None:
        """Copy history and ledger into files under new data keys; destroy the old keys.

        Args:
            ledger: whether to include the ledger.
            step: called before each step; tests simulate a power loss there.

        Raises:
            StorageError: another process uses a database, or the disk is full; old keys stay.

        """
        require_writable(self.directory, self._copy)
        history, ledger_store = self.history, self.ledger
        with self._lock.held():
            files = self._files(HISTORY_SCHEMA)
            with history.exchanged(lambda: self._settled_key(files)):
                rekey_database(files, self._provider, step=step)
            if ledger:
                files = self._files(LEDGER_SCHEMA)
                with ledger_store.exchanged(lambda: self._settled_ledger(files)):
                    rekey_database(files, self._provider, step=step)

    def set_aside_history(self, *, now: int) -> Path:
        """Rename a history that does not open, adding the date, so that a new one can begin.

        Returns:
            Its new path; its key file is kept beside it.

        Raises:
            StorageError: that name is taken; nothing was renamed.

        """
        require_writable(self.directory, self._copy)
        source = self._files(HISTORY_SCHEMA).database
        kept = source.with_name(f"{source.name}.damaged-{iso_utc(now).replace(':', '')}")
        with self._lock.held():
            if kept.exists():
                raise StorageError(f"{kept} exists", hint="move it elsewhere and try again")
            self._let_history_go()
            for suffix in SIDE_SUFFIXES:
                log = source.with_name(source.name + suffix)
                if log.exists():
                    move_durably(log, kept.with_name(kept.name + suffix))
            if source.exists():
                move_durably(source, kept)
            leave_unmarked(self.ledger, at=self._now, name=source.name)
        return kept

    def _let_history_go(self) -> None:
        if self._history is not None:
            self._history.close()
            self._history = None

    def history_opens(self) -> bool:
        """Return whether the history can be read; raises DiskFull, which proves neither."""
        try:
            return bool(self.history.profiles())
        except (Damaged, KeyProviderError, NotOurDatabase, WrongKey):
            return False

    def discard_history(self) -> None:
        """Destroy the history's data key, then its file; a new one is created on next use."""
        require_writable(self.directory, self._copy)
        files = self._files(HISTORY_SCHEMA)
        with self._lock.held():
            self._let_history_go()
            for key in sorted(self.directory.glob(f"{files.key.name}*")):
                destroy_durably(key)
            for path in sorted(self.directory.glob(f"{files.database.name}*")):
                with no_room(path):
                    path.unlink()
            sync_directory(self.directory)
            leave_unmarked(self.ledger, at=self._now, name=files.database.name)

    def release_memory(self) -> None:
        """Free the page caches of the open databases."""
        for store in (self._ledger, self._history):
            if store is not None:
                store.release_memory()

    def close(self) -> None:
        """Close both databases."""
        self._let_history_go()
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None
        if self._copy is not None:
            self._copy.cleanup()

    def _finish_rekey(self) -> None:
        for schema in _SCHEMAS:
            files = DatabaseFiles(directory=self.directory, schema=schema)
            if files.is_being_exchanged():
                with self._lock.held():
                    finish_rekey(files, self._provider)

    def _settled_key(self, files: DatabaseFiles) -> SecretKey:
        finish_rekey(files, self._provider)
        return open_data_key(files.key, database=files.schema.name, provider=self._provider)

    def _settled_ledger(self, files: DatabaseFiles) -> tuple[SecretKey, Anchor]:
        key = self._settled_key(files)
        return key, Anchor(files.anchor, key)

    def _open_ledger(
        self, *, now: int, random: RandomSource, write_anchor: Callable[[Path, bytes], None]
    ) -> None:
        files = self._files(LEDGER_SCHEMA)
        path, anchor_path = files.database, files.anchor
        if not path.exists():
            with self._lock.held():
                if not path.exists():
                    key = self._data_key(LEDGER_SCHEMA, may_create=not anchor_path.exists())
                    anchor = Anchor(anchor_path, key, write=write_anchor)
                    require_no_ledger_before(anchor, path)
                    fill = partial(begin_ledger, anchor=anchor, now=now, random=random)
                    make_database(path, LEDGER_SCHEMA, key, fill)
        key = self._data_key(LEDGER_SCHEMA, may_create=False)
        database = self._open_database(LEDGER_SCHEMA, key)
        ledger = LedgerStore(
            database,
            Anchor(anchor_path, key, write=write_anchor),
            self._lock,
            witness=HistoryWitness(opened=self._opened_history, prepare=self._prepare_history),
        )
        try:
            ledger.recover()
        except LedgerBroken:
            pass  # check() raises it again; the readable part stays readable
        except BaseException:
            ledger.close()
            raise
        self._ledger = ledger
        if self._cut_logs.note(ledger, at=now):
            database.checkpoint()
        if self._copy is not None:
            database.refuse_writes(self.directory / database.path.name)

    def _open_history(self) -> Database:
        path = self._files(HISTORY_SCHEMA).database
        if not path.exists():
            with self._lock.held():
                if not path.exists():
                    key = self._data_key(HISTORY_SCHEMA, may_create=True)
                    begin = partial(begin_mark, ledger=self.ledger, at=self._now, name=path.name)
                    make_database(path, HISTORY_SCHEMA, key, begin)
        return self._open_database(HISTORY_SCHEMA, self._data_key(HISTORY_SCHEMA, may_create=False))

    def _take_in(self, history: Database) -> None:
        """Record problems of a history since it was last open, and truncate its log."""
        with self._lock.held():
            self._cut_logs.note(self.ledger, at=self._now)
            cross_check(history, self.ledger, at=self._now)
        with suppress(DiskFull):  # the log may still hold rows deleted by a process that crashed
            history.checkpoint()
        if self._copy is not None:
            history.refuse_writes(self.directory / history.path.name)

    def _opened_history(self) -> Database | None:
        return None if self._history is None else self._history.database

    def _prepare_history(self) -> None:
        """Open the history if there is one; none is created only to hold a mark."""
        if not self.leaves_history_closed and self._files(HISTORY_SCHEMA).database.exists():
            _ = self.history

    def _open_database(self, schema: Schema, key: SecretKey) -> Database:
        files = self._files(schema)
        require_fitting_log(files.database)
        database = Database.open(files.database, key, application_id=schema.application_id)
        database.key_file = files.key
        try:
            self._cut_logs.look(database)
            if not schema.is_current(database):
                with self._lock.held():
                    schema.migrate(database)
        except BaseException:
            database.close()
            raise
        return database

    def _data_key(self, schema: Schema, *, may_create: bool) -> SecretKey:
        path = self._files(schema).key
        if may_create and not path.exists():
            if not any(self._files(other).key.exists() for other in _SCHEMAS):
                self._provider.prepare()  # nothing is wrapped yet, so creating a key is safe
            return create_data_key(path, database=schema.name, provider=self._provider)
        return open_data_key(path, database=schema.name, provider=self._provider)

    def _files(self, schema: Schema) -> DatabaseFiles:
        return DatabaseFiles(directory=self._place, schema=schema)
