"""Check write-ahead logs before SQLite applies the part that verifies and drops the rest."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from edgeagent.errors import Damaged, DiskFull, LedgerBroken
from edgeagent.store.database import PAGE_BYTES, Database
from edgeagent.store.home_files import log_of
from edgeagent.store.ledger import LedgerStore
from edgeagent.store.wal_scan import fits, scan_log

__all__ = ["CutLogs", "require_fitting_log"]

_LOOKS = 3


class CutLogs:
    """The logs that had lost their end when opened, until the ledger has recorded it."""

    def __init__(self) -> None:
        """Start without any."""
        self._names: list[str] = []

    def look(self, database: Database) -> None:
        """Check the log of a database that was opened but not written yet."""
        with database.transaction():  # locks out other writers, so that the log is complete
            if scan_log(log_of(database.path)).lost:
                self._names.append(log_of(database.path).name)

    def note(self, ledger: LedgerStore, *, at: int) -> bool:
        """Record them in the ledger; return whether there were any.

        A broken ledger is reported by its own ``check``.
        """
        names, self._names = self._names, []
        with suppress(LedgerBroken, DiskFull):
            for name in names:
                ledger.append_store_note("tail_lost", at=at, detail=name)
        return bool(names)


def require_fitting_log(path: Path) -> None:
    """Raise if a database is older than the log beside it, before either is changed.

    An older file that is as long as the log expects is not detected.

    Raises:
        Damaged: it is.

    """
    for _ in range(_LOOKS):  # another process may empty the log between the two looks
        if fits(log_of(path), pages=path.stat().st_size // PAGE_BYTES):
            return
    raise Damaged(
        f"{path} is older than {log_of(path).name} beside it: it was restored without its log",
        hint="restore the database that belongs to the log, or set both aside: edgeagent doctor "
        "--repair; neither has been changed",
    )
