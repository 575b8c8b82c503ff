"""LedgerStore: consents, budget, disclosures and outbox, in one database under one chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction

import msgspec

from edgeagent.consent import ConsentRecord, DatedConsent, Purpose, latest_decisions
from edgeagent.messages.fields import Outcome
from edgeagent.privacy.accounting import Debit, check_debit
from edgeagent.reporting_calendar import ReportingCalendar, first_week_after_silence
from edgeagent.store.anchor import Anchor
from edgeagent.store.chain import Chain
from edgeagent.store.clock_notes import (
    append_behind,
    append_known,
    first_known,
    is_note_due,
)
from edgeagent.store.consents import (
    append_consent,
    append_rename,
    has_rename,
    read_held_consents,
    read_unknown_purposes,
)
from edgeagent.store.counts import Counts
from edgeagent.store.database import Database
from edgeagent.store.deletions import Deletions, call_off, is_deletion
from edgeagent.store.disclosures import (
    Disclosure,
    append_delivery,
    append_disclosure,
    read_disclosures,
)
from edgeagent.store.entries import (
    CALLED_OFF,
    Entry,
    append_entry,
    append_imported_debit,
    one_entry_a_week,
    read_entries,
)
from edgeagent.store.genesis import Genesis, read_genesis
from edgeagent.store.keyed_store import KeyedStore
from edgeagent.store.keys import SecretKey
from edgeagent.store.lock import HomeLock
from edgeagent.store.outbox import OutboxEntry, enqueue, postpone, read_outbox, record_attempt
from edgeagent.store.state import change_state, read_state
from edgeagent.store.store_notes import StoreNotes
from edgeagent.store.witness import Witness

__all__ = ["LedgerStore"]


class LedgerStore(StoreNotes, KeyedStore):
    """All decisions, and everything that was sent or is due to be sent."""

    def __init__(
        self, database: Database, anchor: Anchor, lock: HomeLock, *, witness: Witness | None = None
    ) -> None:
        """Serve ``database``; ``anchor`` guards its tail, ``lock`` serialises its writers."""
        self._database = database
        self._lock = lock
        self._witness = witness
        self._chain = Chain(database, anchor, lock, witness=witness)

    @property
    def genesis(self) -> Genesis:
        """When this ledger began, and the phase of its reports.

        Raises:
            LedgerBroken: the first row is missing.

        """
        return read_genesis(self._database)

    def calendar(self, *, now: int) -> ReportingCalendar:
        """Return the weeks on which this ledger may report: the first 13 weeks are silent.

        They are counted from the moment the ledger first knew the time, not from its creation;
        otherwise a box that was reset under a clock in 1970 would be silent for 13 weeks of 1970
        only. Until the time is known they are counted from ``now``.

        Raises:
            LedgerBroken: the first row is missing.

        """
        known = first_known(self._database)
        first_week = first_week_after_silence(now if known is None else known)
        return ReportingCalendar(phase=self.genesis.phase, first_week=first_week)

    def has_known_time(self) -> bool:
        """Return whether this ledger ever knew the time; its silent period counts from then."""
        return first_known(self._database) is not None

    def note_known_time(self, at: int) -> None:
        """Record that a freshly verified timestamp agrees with the clock, if a note is due.

        Raises:
            LedgerBroken, DiskFull: nothing was recorded.

        """
        if not is_note_due(self._database, at=at):
            return
        with self._chain.append(witnessed=False) as writer:
            if is_note_due(self._database, at=at):  # another process may have written it meanwhile
                append_known(writer, at=at)

    def check(self) -> None:
        """Verify chain and anchor; cheap if nothing has changed.

        Raises:
            LedgerBroken: the message says what is wrong; nothing counts as granted then.

        """
        self._chain.check()

    def tip(self) -> tuple[int, str]:
        """Return the number of rows in the chain and the hash of the last one, in hex.

        Raises:
            LedgerBroken: as :meth:`check`.

        """
        tip = self._chain.tip()
        return tip.length, tip.head

    def recover(self) -> None:
        """Confirm a commit that a power cut left unconfirmed; called once after opening.

        Raises:
            LedgerBroken: as :meth:`check`.

        """
        self._chain.recover()

    # Consents

    def append_consent(self, *records: ConsentRecord, clock_was_behind: bool = False) -> None:
        """Append one decision, or several in one transaction; durable when this returns.

        A withdrawal cancels waiting reports: see ``edgeagent.store.deletions``.

        Args:
            records: the decisions.
            clock_was_behind: their dates are meaningless, see ``edgeagent.store.clock_notes``.

        Raises:
            MalformedMessage: a record could not be decoded again; nothing was recorded.
            LedgerBroken, DiskFull: nothing was recorded.

        """
        with self._chain.append() as writer:
            for record in records:
                append_consent(writer, record)
                if clock_was_behind:
                    append_behind(writer, at=record.at)
                if is_deletion(record):
                    call_off(writer, self._database, at=record.at)
        if any(is_deletion(record) for record in records):
            self._database.checkpoint()  # deleted rows are in the log until then

    def append_rename(self, name: str, new_name: str, *, at: int, since: int) -> None:
        """Append that ``name`` was renamed, unless it was since that sequence number.

        Its decisions move with it; earlier ones under ``new_name`` belong to a former profile.

        Raises:
            LedgerBroken, DiskFull: nothing was recorded.

        """
        with self._chain.append() as writer:
            if not has_rename(self._database, name, new_name, since=since):
                append_rename(writer, name, new_name, at=at)

    def consents(self, profile: str | None = None) -> tuple[ConsentRecord, ...]:
        """Return the decisions of one profile or of all, under their present names."""
        return tuple(
            msgspec.structs.replace(dated.record, profile=dated.profile)
            for dated in self.dated_consents(profile)
        )

    def dated_consents(self, profile: str | None = None) -> tuple[DatedConsent, ...]:
        """Return the same, by profile, with what is certain about their dates."""
        held = read_held_consents(self._database)
        if profile is not None:
            return held.get(profile, ())
        return tuple(dated for consents in held.values() for dated in consents)

    def latest_consents(self) -> tuple[ConsentRecord, ...]:
        """Return the latest decision of each profile about each purpose."""
        return latest_decisions(self.consents())

    def profiles_with_decisions(self) -> tuple[str, ...]:
        """Return the profiles that have any decision."""
        return tuple(sorted(read_held_consents(self._database)))

    def unknown_purposes(self) -> tuple[str, ...]:
        """Return the purposes in stored decisions that this version does not know and skips."""
        return read_unknown_purposes(self._database)

    def consenting_profiles(self) -> tuple[str, ...]:
        """Return the profiles whose latest decision about reporting is "given".

        Expiry and notice version are not checked here but by the consent gate.
        """
        return tuple(
            sorted(
                record.profile
                for record in self.latest_consents()
                if record.purpose is Purpose.REPORTING and record.event == "given"
            )
        )

    @property
    def deletions(self) -> Deletions:
        """The deletions, each with its sequence number."""
        return Deletions(self._database, self._chain, self._witness)

    # Budget

    def debits(self) -> tuple[Debit, ...]:
        """Return the debits by week, imported ones included."""
        rows = self._database.read(
            "SELECT week, odds_numerator, odds_denominator FROM ledger WHERE entry = 'drawn' "
            "UNION ALL SELECT week, odds_numerator, odds_denominator FROM imported_debits "
            "ORDER BY week"
        )
        return tuple(Debit(week=row[0], odds=Fraction(row[1], row[2])) for row in rows)

    def import_debits(self, debits: Iterable[Debit], *, at: int) -> int:
        """Add debits of another ledger, in one transaction, and return how many were new.

        They count against budget and spacing; adding the same debit again changes nothing.

        Raises:
            LedgerBroken, DiskFull: nothing was added.

        """
        known = set(self.debits())
        new = [debit for debit in debits if debit not in known]
        with self._chain.append() as writer:
            for debit in new:
                append_imported_debit(writer, debit, at=at)
        return len(new)

    def entries(self) -> tuple[Entry, ...]:
        """Return the ledger's entry of each week that was drawn, missed or imported."""
        return read_entries(self._database)

    def closed_weeks(self) -> frozenset[int]:
        """Return the weeks that were drawn or missed and are therefore never drawn."""
        return frozenset(row[0] for row in self._database.read("SELECT week FROM ledger"))

    @property
    def counts(self) -> Counts:
        """The begun counts."""
        return Counts(self._database, self._chain)

    def book(  # noqa: PLR0913  (the fields of one row, each named by the caller)
        self,
        *,
        week: int,
        odds: Fraction,
        report_id: str,
        task: str,
        body: bytes,
        drawn_at: int,
        due_at: int,
        recipient: str,
        meaning: str,
        still: Callable[[], bool] = lambda: True,
    ) -> bool:
        """Book a report: debit, disclosure and outbox entry in one transaction.

        ``still`` decides inside that transaction whether the report may still be made; if not, the
        week is closed as missed instead.

        Returns:
            Whether it was booked.

        Raises:
            PolicyError: the week is closed, or a compiled limit would be exceeded; nothing changed.
            LedgerBroken, DiskFull: nothing may be sent.

        """
        debit = Debit(week=week, odds=odds)
        disclosure = Disclosure(
            report_id=report_id,
            week=week,
            task=task,
            body=body,
            odds=odds,
            drawn_at=drawn_at,
            due_at=due_at,
            recipient=recipient,
            meaning=meaning,
            settled_at=None,
            outcome=None,
            detail=None,
        )
        with self._chain.append() as writer, one_entry_a_week(week):
            if not still():
                append_entry(writer, week, at=drawn_at, odds=None, reason=CALLED_OFF)
                return False
            check_debit(self.debits(), debit)
            append_entry(writer, week, at=drawn_at, odds=odds, reason="")
            append_disclosure(writer, disclosure)
            enqueue(writer.connection, report_id, due_at=due_at)
        return True

    def mark_missed(self, week: int, *, reason: str, at: int) -> None:
        """Close a week without a report and without a debit, so that it is never drawn later.

        Raises:
            PolicyError: the week is closed already.
            LedgerBroken, DiskFull: nothing was changed.

        """
        with self._chain.append() as writer, one_entry_a_week(week):
            append_entry(writer, week, at=at, odds=None, reason=reason)

    # Disclosures and outbox

    def disclosures(self) -> tuple[Disclosure, ...]:
        """Return every report that was ever drawn, oldest first."""
        return read_disclosures(self._database)

    def outbox(self) -> tuple[OutboxEntry, ...]:
        """Return the waiting reports, oldest first."""
        return read_outbox(self._database)

    def record_attempt(self, report_id: str, *, at: int, next_attempt_at: int) -> None:
        """Count one attempt, durably, before its first byte is sent.

        Raises:
            InputError: the report does not wait, or the next attempt is not later than this one.

        """
        record_attempt(self._database, report_id, at=at, next_attempt_at=next_attempt_at)

    def postpone(self, report_id: str, *, until: int) -> None:
        """Postpone a waiting report to a moment, unless its next attempt is later anyway."""
        postpone(self._database, report_id, until=until)

    def settle(self, report_id: str, *, at: int, outcome: Outcome, detail: str) -> None:
        """Append the outcome of a report and remove it from the outbox, in one transaction.

        Raises:
            InputError: the report does not wait.
            LedgerBroken, DiskFull: it still waits; the same bytes will be sent again.

        """
        with self._chain.append() as writer:
            append_delivery(writer, report_id, at=at, outcome=outcome, detail=detail)

    # State of the services, replaced as a whole and not chained

    def state(self, name: str) -> bytes | None:
        """Return the body stored under ``name``."""
        return read_state(self._database, name)

    def set_state(self, name: str, body: bytes) -> None:
        """Replace the body stored under ``name``; durable when this returns."""
        self.change_state(name, lambda _: body)

    def change_state(self, name: str, change: Callable[[bytes | None], bytes]) -> bytes:
        """Replace the body stored under ``name`` by ``change(body)``, in one transaction.

        So two processes do not overwrite each other's changes. Returns the new body.
        """
        return change_state(self._database, name, change)

    @contextmanager
    def exchanged(self, key_and_anchor: Callable[[], tuple[SecretKey, Anchor]]) -> Iterator[None]:
        """Close the file while a block replaces it, then open the new one as the caller says."""
        with self._database.exclusive():
            self._database.close()
            try:
                yield
            finally:
                key, anchor = key_and_anchor()
                self._database.reopen(key)
                self._chain = Chain(self._database, anchor, self._lock, witness=self._witness)
