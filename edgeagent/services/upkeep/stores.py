"""The two databases of a box together: their problems, memory and keys."""

from __future__ import annotations

from pathlib import Path

from edgeagent.errors import InputError, LedgerBroken, StorageError
from edgeagent.services.context import BoxContext
from edgeagent.services.upkeep.box_erasure import erasure_has_begun

__all__ = ["Stores"]


class Stores:
    """Operates on ledger and history together."""

    def __init__(self, box: BoxContext) -> None:
        """Operate on the stores of ``box``."""
        self._box = box

    @property
    def directory(self) -> Path:
        """The home directory."""
        return self._box.home.directory

    def are_gone(self) -> bool:
        """Return whether another process has erased the box or begun to; thread-safe.

        After an interrupted erasure, the next start would also delete whatever is stored from now
        on.
        """
        try:
            deleted = self._box.home.ledger.database.was_deleted()
        except InputError:  # closed, and the next home is not open yet
            return True
        return deleted or erasure_has_begun(self.directory)

    def problems(self) -> tuple[str, ...]:
        """Return what stops the box from working, and unsettled problems of its files.

        ``edgeagent doctor`` examines more.
        """
        ledger = self._box.home.ledger
        try:
            ledger.check()
        except LedgerBroken:
            return ("the ledger and its anchor disagree: nothing is granted, nothing is reported",)
        problems = [note.words for note in ledger.store_problems()]
        try:
            self._box.private.require_certain()
        except StorageError as error:
            problems.append(str(error))
        return tuple(problems)

    def release_memory(self) -> None:
        """Free the page caches of the open databases."""
        self._box.home.release_memory()

    def rekey(self) -> None:
        """Encrypt both databases again under new data keys, and destroy the old keys.

        Raises:
            StorageError: another process uses a database, or the disk is full; the old keys stay
                valid.

        """
        self._box.home.rekey()
