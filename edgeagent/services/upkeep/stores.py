"""The stores of a box as a whole: whether they are well, and what is done to both at once."""

from __future__ import annotations

from pathlib import Path

from edgeagent.errors import InputError, LedgerBroken, StorageError
from edgeagent.services.context import BoxContext
from edgeagent.services.upkeep.box_erasure import erasure_has_begun

__all__ = ["Stores"]


class Stores:
    """Looks after ledger and history as files."""

    def __init__(self, box: BoxContext) -> None:
        """Look after the stores of ``box``."""
        self._box = box

    @property
    def directory(self) -> Path:
        """Where they lie."""
        return self._box.home.directory

    def are_gone(self) -> bool:
        """Say whether another process has erased the box, or begun to; from any thread.

        Where it was cut off, whatever is stored from then on would go with the rest at the next
        start.
        """
        try:
            deleted = self._box.home.ledger.database.was_deleted()
        except InputError:  # closed: the next one did not open yet
            return True
        return deleted or erasure_has_begun(self.directory)

    def problems(self) -> tuple[str, ...]:
        """Return what makes the box stand still, or happened to its files and nobody has seen to.

        ``edgeagent doctor`` looks deeper.
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
        """Give back what open databases keep in memory."""
        self._box.home.release_memory()

    def rekey(self) -> None:
        """Encrypt both databases anew under new data keys, and destroy the old ones.

        Raises:
            StorageError: another process uses a database, or there is no room; its old key opens.

        """
        self._box.home.rekey()
