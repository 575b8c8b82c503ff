"""Compare history and ledger: each database remembers a state of the other."""

from __future__ import annotations

from contextlib import suppress

from edgeagent.errors import DiskFull, LedgerBroken
from edgeagent.store.anchor import Position
from edgeagent.store.database import Database
from edgeagent.store.ledger import LedgerStore
from edgeagent.store.store_notes import StoreNoteKind
from edgeagent.store.witness import read_mark, write_mark

__all__ = ["begin_mark", "cross_check", "leave_unmarked", "require_untouched"]


def begin_mark(history: Database, ledger: LedgerStore, *, at: int, name: str) -> None:
    """Give a new history its mark: the present end of the ledger's chain.

    If there was a history before, named ``name``, the ledger records that it is gone.
    """
    with suppress(LedgerBroken, DiskFull):
        if ledger.expects_history():
            ledger.append_store_note("history_gone", at=at, detail=name)
    with suppress(LedgerBroken), history.transaction() as connection:
        write_mark(connection, Position(confirmed=ledger.stands_at()))


def leave_unmarked(ledger: LedgerStore, *, at: int, name: str) -> None:
    """Record that the history was removed on purpose; called after its removal."""
    with suppress(LedgerBroken, DiskFull):
        if ledger.expects_history():
            ledger.append_store_note("unmarked", at=at, detail=name)


def cross_check(history: Database, ledger: LedgerStore, *, at: int) -> None:
    """Compare an opened history with the ledger; record in the ledger if it is an old copy.

    The caller holds the home's lock. A broken or restored ledger is reported by its own ``check``;
    if nothing can be written, the next start compares again.
    """
    with suppress(LedgerBroken, DiskFull):
        seen = read_mark(history)
        ledger.stands_at()
        if seen is None:
            kind: StoreNoteKind = "history_older" if ledger.expects_history() else "marked"
            ledger.append_store_note(kind, at=at, detail=history.path.name)
            return
        reached = seen.confirmed
        if seen.intent is not None and ledger.holds(seen.intent):
            reached = seen.intent  # a power cut came before it was confirmed
            with history.transaction() as connection:
                write_mark(connection, Position(confirmed=reached))
        if ledger.holds(reached) and ledger.has_moved_since(reached.length):
            ledger.append_store_note("history_older", at=at, detail=history.path.name)
        elif not ledger.expects_history():
            ledger.append_store_note("marked", at=at, detail=history.path.name)


def require_untouched(ledger: LedgerStore) -> None:
    """Verify ledger and anchor, and that neither database was restored from an old copy.

    Raises:
        LedgerBroken: the message says what is wrong; nothing may be drawn or previewed.

    """
    ledger.check()
    if ledger.is_history_put_back():
        raise LedgerBroken(
            "history.db was restored or was gone: it is older than the last decision, deletion or "
            "report, or new",
            hint="it may hold deleted data: edgeagent doctor --repair sets it aside, "
            "edgeagent doctor --accept keeps it",
        )
