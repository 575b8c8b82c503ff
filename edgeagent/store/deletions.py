"""Acts of deletion, each with its place in the chain, and what goes with every one of them.

A deletion reaches what is older than its place in the chain and nothing newer, whatever the clock
said. With it, in the same transaction, waiting reports are called off and the keys of previews go:
whether anything was hit is not asked, for silence after a hit alone would tell what was watched. A
withdrawal is an act of deletion, too, and has its place as a consent. Pruning by age is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Literal

from edgeagent.consent import ConsentRecord, Purpose
from edgeagent.errors import StorageError
from edgeagent.store.chain import Chain, ChainWriter
from edgeagent.store.consents import append_consent
from edgeagent.store.database import Database
from edgeagent.store.disclosures import append_delivery
from edgeagent.store.outbox import arrival, read_outbox
from edgeagent.store.previews import ALL_WEEKS, claim_preview, drop_previews, holds_previews
from edgeagent.store.state import drop_derived, drop_state, read_states, write_state
from edgeagent.store.witness import Witness

__all__ = ["DELETING_PURPOSES", "Deleted", "Deletions", "call_off", "is_deletion"]

Deleted = Literal["title", "history", "profile", "retention", "unrecorded"]
"""What a person had deleted, never which: ``retention`` is a shorter time that was chosen,
``unrecorded`` whatever was deleted while the ledger was broken."""

DELETING_PURPOSES = (Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING)
"""Nothing rests on the fourth that could be deleted."""

_OWED = "unrecorded deletion"
"""Name of the state that says so, see :meth:`Deletions.owe`."""
_ERASURES = "erasure"
"""So begin the names of intents. One of a release before several could wait is that name alone."""
_FORGETTINGS = "forgetting"
"""Likewise, of titles; a release that does not know them leaves them alone."""

_LAST_SQL = f"""
    SELECT max(
        coalesce((SELECT max(seq) FROM deletions), 0),
        coalesce((
            SELECT max(seq) FROM consents
            WHERE body ->> 'event' = 'withdrawn'
            AND purpose IN ({", ".join(f"'{purpose}'" for purpose in DELETING_PURPOSES)})
        ), 0)
    )
"""  # noqa: S608  (names of our own purposes)


class Deletions:
    """The acts of deletion in one ledger."""

    def __init__(self, database: Database, chain: Chain, witness: Witness | None) -> None:
        """Serve ``database``, whose rows are those of ``chain``."""
        self._database = database
        self._witness = witness
        self._chain = chain

    def last(self) -> int:
        """Return the place in the chain of the last act of deletion; 0 while there was none."""
        place: int = self._database.read(_LAST_SQL)[0][0]
        return place

    def append(
        self,
        deleted: Deleted,
        *,
        at: int,
        withdraw: Sequence[ConsentRecord] = (),
        intent: Callable[[int], bytes] | None = None,
    ) -> int:
        """Append an act of deletion with all that goes with it; durable when this returns.

        Args:
            deleted: what was deleted.
            at: when, seconds UTC.
            withdraw: consents that end with it.
            intent: makes from the place in the chain what says what is still to be deleted; it is
                kept until it is :meth:`done`.

        Returns:
            Its place in the chain: what was stored before is older.

        Raises:
            LedgerBroken, DiskFull: nothing was recorded.

        """
        with self._chain.append() as writer:
            for record in withdraw:
                append_consent(writer, record)
            place = writer.tip.length
            writer.append("deletions", {"deleted": deleted, "at": at})
            call_off(writer, self._database, at=at)
            if intent is not None:
                write_state(writer.connection, _name_of_intent(deleted, place), intent(place))
        self._leave_no_trace()
        return place

    def owe(self) -> None:
        """Remember that something is deleted which the ledger, being broken, cannot record.

        In both databases: one of this name may be put back from a copy before it is whole again,
        and who sends reports does not open the history.

        Raises:
            DiskFull: it is not remembered.

        """
        with suppress(StorageError), self._database.transaction() as connection:
            write_state(connection, _OWED, b"1")
        if self._witness is not None:
            self._witness.prepare()
            self._witness.owe(owes=True)

    def owes(self) -> bool:
        """Say whether something was deleted that is not recorded yet: reports may still wait."""
        return bool(read_states(self._database, _OWED)) or (
            self._witness is not None and self._witness.owes()
        )

    def settle_owed(self, *, at: int) -> None:
        """Record what is owed, with all that goes with an act of deletion; cheap when nothing is.

        Raises:
            LedgerBroken, DiskFull: it is still owed.

        """
        if self.owes():
            self.append("unrecorded", at=at)
            with self._database.transaction() as connection:
                drop_state(connection, _OWED)
            if self._witness is not None:
                self._witness.owe(owes=False)

    def intents(self) -> tuple[bytes, ...]:
        """Return every erasure that is still to be carried out, oldest first."""
        # An earlier release left an empty one when it was done.
        return tuple(body for _, body in read_states(self._database, _ERASURES) if body)

    def forgettings(self) -> tuple[bytes, ...]:
        """Return every forgetting of a title that is still to be carried out, oldest first."""
        return tuple(body for _, body in read_states(self._database, _FORGETTINGS))

    def done(self, place: int) -> None:
        """Forget the erasures up to a place in the chain; 0: only one that has none."""
        last = _name_of_intent("history", place)
        self._drop(name for name, _ in read_states(self._database, _ERASURES) if name <= last)

    def forgotten(self, place: int) -> None:
        """Forget the forgetting of a title that has this place in the chain."""
        self._drop([_name_of_intent("title", place)])

    def _drop(self, names: Iterable[str]) -> None:
        with self._database.transaction() as connection:
            for name in names:
                drop_state(connection, name)
        self._leave_no_trace()

    def call_off_older(self, *, at: int) -> int:
        """Call off what waits though something was deleted since; return how many that were.

        There is such a report only where a release from before deletions had a place has deleted.
        """
        last = self.last()
        if not any(entry.seq < last for entry in read_outbox(self._database)):
            return 0
        with self._chain.append() as writer:
            return call_off(writer, self._database, at=at, before=last)

    def claim_preview(self, week: int, material: bytes, *, at: int, since: int) -> bytes | None:
        """Keep what a week's only preview is made of, unless there was one, in one transaction.

        Args:
            week: which.
            material: key and digest.
            at: when it is shown, seconds UTC.
            since: the last act of deletion when counting began.

        Returns:
            What is kept; ``None`` where it has gone, or something was deleted since.

        Raises:
            LedgerBroken, DiskFull: nothing was claimed.

        """
        with self._chain.append() as writer:
            if self.last() != since:
                return None
            return claim_preview(writer, self._database, week, material, at=at)

    def prune_previews(self, *, before_week: int = ALL_WEEKS) -> None:
        """Drop what is kept of previews of weeks whose viewings go without an act of deletion."""
        if holds_previews(self._database, before_week=before_week):
            with self._chain.append() as writer:
                drop_previews(writer, self._database, before_week=before_week)
            self._leave_no_trace()

    def _leave_no_trace(self) -> None:
        # A process that reads at this moment keeps the log as it is; the next one to come through
        # here, or to close the ledger last, empties it.
        self._database.checkpoint()


def _name_of_intent(deleted: Deleted, place: int) -> str:
    """Return a name; the order of names of one kind is the order of the chain."""
    kind = _FORGETTINGS if deleted == "title" else _ERASURES
    return f"{kind}.{place:019d}"


def is_deletion(record: ConsentRecord) -> bool:
    """Say whether a decision is an act of deletion."""
    return record.event == "withdrawn" and record.purpose in DELETING_PURPOSES


def call_off(writer: ChainWriter, database: Database, *, at: int, before: int | None = None) -> int:
    """Call off every waiting report and forget what was derived; return how many reports.

    Debits stay: a report may have been on its way.

    Args:
        writer: of the transaction of the deletion.
        database: the ledger's.
        at: when, seconds UTC.
        before: leaves alone what was drawn later in the chain.

    """
    waiting = [entry for entry in read_outbox(database) if before is None or entry.seq < before]
    for entry in waiting:
        append_delivery(
            writer, entry.report_id, at=at, outcome="withdrawn", detail=arrival(entry.attempts)
        )
    drop_previews(writer, database)
    drop_derived(writer.connection)
    return len(waiting)
