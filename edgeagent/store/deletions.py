"""Deletions, each with a sequence number in the chain, and what every deletion also removes.

A deletion removes what is older than its sequence number and nothing newer, whatever the clock
said. In the same transaction waiting reports are cancelled and the keys of previews deleted,
whether or not any row matched: if only a match did so, the missing report would reveal what was
watched. A withdrawal counts as a deletion too; its number is that of the consent row. Pruning by
age does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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

Deleted = Literal["title", "viewings", "history", "profile", "retention", "unrecorded"]
ForgetKind = Literal["title", "viewings"]
"""The kind of a deletion, never its content: ``retention`` is a shorter retention that was chosen,
``unrecorded`` a deletion made while the ledger was broken."""

DELETING_PURPOSES = (Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING)
"""No report depends on what the fourth purpose, promotion, has stored; see
``edgeagent.store.showings``."""

_OWED = "unrecorded deletion"
"""Name of the state that records it, see :meth:`Deletions.owe`."""
_ERASURES = "erasure"
"""Prefix of the names of erasure intents. An early release, which allowed one at a time, used the
prefix alone."""
_FORGETTINGS: Mapping[ForgetKind, str] = {"title": "forgetting", "viewings": "span"}
"""Prefixes of the names of forget requests; releases that do not know one ignore its requests."""

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
    """The deletions of one ledger."""

    def __init__(self, database: Database, chain: Chain, witness: Witness | None) -> None:
        """Serve ``database``, whose rows are those of ``chain``."""
        self._database = database
        self._witness = witness
        self._chain = chain

    def last(self) -> int:
        """Return the sequence number of the last deletion; 0 if there was none."""
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
        """Append a deletion with everything that belongs to it; durable when this returns.

        Args:
            deleted: what was deleted.
            at: when, seconds UTC.
            withdraw: withdrawals appended with it.
            intent: makes the pending request from the sequence number; it is stored until
                :meth:`done`.

        Returns:
            Its sequence number: everything stored before is older.

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
        """Remember a deletion that a broken ledger cannot record.

        Stored in both databases: either may be restored from a copy before the ledger is repaired,
        and the process that sends reports does not open the history.

        Raises:
            DiskFull: it was not stored.

        """
        with suppress(StorageError), self._database.transaction() as connection:
            write_state(connection, _OWED, b"1")
        if self._witness is not None:
            self._witness.prepare()
            self._witness.owe(owes=True)

    def owes(self) -> bool:
        """Return whether a deletion is not recorded yet, so that reports may still wait."""
        return bool(read_states(self._database, _OWED)) or (
            self._witness is not None and self._witness.owes()
        )

    def settle_owed(self, *, at: int) -> None:
        """Record owed deletions with everything that belongs to them; cheap if there are none.

        Raises:
            LedgerBroken, DiskFull: they are still owed.

        """
        if self.owes():
            self.append("unrecorded", at=at)
            with self._database.transaction() as connection:
                drop_state(connection, _OWED)
            if self._witness is not None:
                self._witness.owe(owes=False)

    def intents(self) -> tuple[bytes, ...]:
        """Return the unfinished erasures, oldest first."""
        # An earlier release stored an empty body instead of deleting a finished one.
        return tuple(body for _, body in read_states(self._database, _ERASURES) if body)

    def forgettings(self) -> tuple[tuple[ForgetKind, bytes], ...]:
        """Return the unfinished forget requests with their kinds, the oldest of a kind first."""
        return tuple(
            (kind, body)
            for kind, prefix in _FORGETTINGS.items()
            for _, body in read_states(self._database, f"{prefix}.")
        )

    def done(self, place: int) -> None:
        """Delete the requests of erasures up to a sequence number; 0: only one without a number."""
        last = _name_of_intent("history", place)
        self._drop(name for name, _ in read_states(self._database, _ERASURES) if name <= last)

    def forgotten(self, kind: ForgetKind, place: int) -> None:
        """Delete the forget request with this sequence number."""
        self._drop([_name_of_intent(kind, place)])

    def _drop(self, names: Iterable[str]) -> None:
        with self._database.transaction() as connection:
            for name in names:
                drop_state(connection, name)
        self._leave_no_trace()

    def call_off_older(self, *, at: int) -> int:
        """Cancel waiting reports older than the last deletion; return how many.

        Such reports exist only after deletions by a release that did not number them.
        """
        last = self.last()
        if not any(entry.seq < last for entry in read_outbox(self._database)):
            return 0
        with self._chain.append() as writer:
            return call_off(writer, self._database, at=at, before=last)

    def claim_preview(self, week: int, material: bytes, *, at: int, since: int) -> bytes | None:
        """Store the material of a week's only preview, unless there was one, in one transaction.

        Args:
            week: the reporting week.
            material: key and digest.
            at: when it is shown, seconds UTC.
            since: sequence number of the last deletion when counting began.

        Returns:
            The stored material; ``None`` if it was deleted or anything was deleted since.

        Raises:
            LedgerBroken, DiskFull: nothing was claimed.

        """
        with self._chain.append() as writer:
            if self.last() != since:
                return None
            return claim_preview(writer, self._database, week, material, at=at)

    def prune_previews(self, *, before_week: int = ALL_WEEKS) -> None:
        """Delete the material of previews of weeks whose viewings are pruned by age."""
        if holds_previews(self._database, before_week=before_week):
            with self._chain.append() as writer:
                drop_previews(writer, self._database, before_week=before_week)
            self._leave_no_trace()

    def _leave_no_trace(self) -> None:
        # While another process reads, the log cannot be truncated; the next deletion, or the last
        # process to close the ledger, truncates it.
        self._database.checkpoint()


def _name_of_intent(deleted: Deleted, place: int) -> str:
    """Return the name of a request; names of one kind sort in the order of the chain."""
    kind = _ERASURES
    if deleted in ("title", "viewings"):
        kind = _FORGETTINGS[deleted]
    return f"{kind}.{place:019d}"


def is_deletion(record: ConsentRecord) -> bool:
    """Return whether a decision counts as a deletion."""
    return record.event == "withdrawn" and record.purpose in DELETING_PURPOSES


def call_off(writer: ChainWriter, database: Database, *, at: int, before: int | None = None) -> int:
    """Cancel every waiting report and delete derived state; return how many reports.

    Debits stay: a report may already have been sent.

    Args:
        writer: that of the deletion's transaction.
        database: the ledger's.
        at: when, seconds UTC.
        before: only reports drawn before this sequence number.

    """
    waiting = [entry for entry in read_outbox(database) if before is None or entry.seq < before]
    for entry in waiting:
        append_delivery(
            writer, entry.report_id, at=at, outcome="withdrawn", detail=arrival(entry.attempts)
        )
    drop_previews(writer, database)
    drop_derived(writer.connection)
    return len(waiting)
