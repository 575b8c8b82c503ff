"""Write-ahead logs are looked at before SQLite takes what verifies of them and drops the rest."""

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
    """Which logs had lost their end when they were opened, until the ledger knows."""

    def __init__(self) -> None:
        """Know of none."""
        self._names: list[str] = []

    def look(self, database: Database) -> None:
        """Look at the log of a database that was opened and has not been written to."""
        with database.transaction():  # nobody else writes, so that what is there is whole
            if scan_log(log_of(database.path)).lost:
                self._names.append(log_of(database.path).name)

    def note(self, ledger: LedgerStore, *, at: int) -> bool:
        """Note them in the ledger; return whether there were any.

        Of a ledger that is broken, its own ``check`` speaks.
        """
        names, self._names = self._names, []
        with suppress(LedgerBroken, DiskFull):
            for name in names:
                ledger.append_store_note("tail_lost", at=at, detail=name)
        return bool(names)


def require_fitting_log(path: Path) -> None:
    """Refuse a database that is older than the log beside it, before either is touched.

    A file as long as the log expects is not told from the right one.

    Raises:
        Damaged: it is.

    """
    for _ in range(_LOOKS):  # another process may empty the log between the two looks
        if fits(log_of(path), pages=path.stat().st_size // PAGE_BYTES):
            return
    raise Damaged(
        f"{path} is older than {log_of(path).name} beside it: it was put back without its log",
        hint="restore the one that belongs to the log, or set both aside: edgeagent doctor "
        "--repair; neither has been touched",
    )
