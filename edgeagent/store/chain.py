"""One hash chain through all append-only tables of the ledger.

Each row has ``seq``, its sequence number in the chain that spans all tables, and ``hash`` =
SHA-256(hash of the row before ‖ name of the table ‖ newline ‖ canonical JSON of the row). Canonical
JSON holds every column but ``hash``, keys sorted, no white space, blobs in base64. The first row
follows 32 zero bytes. Deleting, editing or reordering rows breaks the chain; cutting its tail or
restoring an older ledger contradicts the anchor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from heapq import merge
from typing import Any

from edgeagent.errors import Damaged, LedgerBroken
from edgeagent.messages.codec import canonical_bytes
from edgeagent.store.anchor import START, Anchor, Mark, Position
from edgeagent.store.connection import KeyedConnection
from edgeagent.store.database import Database
from edgeagent.store.lock import HomeLock
from edgeagent.store.witness import Witness

__all__ = ["CHAINED_TABLES", "UNWITNESSED", "Chain", "ChainWriter", "link_hash"]

CHAINED_TABLES: Mapping[str, tuple[str, ...]] = {
    "genesis": ("created_at", "phase", "first_reportable_week"),
    "consents": ("profile", "purpose", "body"),
    "ledger": ("week", "entry", "odds_numerator", "odds_denominator", "entered_at", "reason"),
    "disclosures": (
        *("report_id", "week", "task", "body"),
        *("drawn_at", "due_at", "recipient", "meaning"),
    ),
    "deliveries": ("report_id", "settled_at", "outcome", "detail"),
    "imported_debits": ("week", "odds_numerator", "odds_denominator", "imported_at"),
    "clock_notes": ("kind", "at"),
    "renames": ("name", "new_name", "at"),
    "counts": ("week", "begun_at", "due_at"),
    "deletions": ("deleted", "at"),
    "previews": ("week", "at"),
    "store_notes": ("kind", "at", "detail"),
}
"""The columns of each append-only table besides ``seq`` and ``hash``.

A newer program may have added tables, which are verified like these. A table never gains columns,
because a row is hashed with all its columns.
"""

UNWITNESSED = frozenset({"clock_notes", "deliveries"})
"""Tables whose rows do not depend on the history: network jobs write them without opening it."""

_LINKED_TABLES_SQL = """
    SELECT tables.name, group_concat(columns.name)
    FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
    WHERE tables.type = 'table'
    GROUP BY tables.name
    HAVING sum(columns.name = 'seq') AND sum(columns.name = 'hash')
"""
_LOOKS = 100
"""Each is repeated only after a commit of another process in between, so two are rare."""
_HINT = (
    "nothing is granted and nothing is reported until this is fixed; restore ledger.db and "
    "ledger.anchor together, or move both aside: a new ledger asks for consent again and is "
    "silent for 13 weeks"
)


def link_hash(previous: bytes, table: str, row: Mapping[str, object]) -> bytes:
    """Return the hash of one row.

    Args:
        previous: [32] bytes, the hash of the row before it.
        table: the table's name.
        row: every column except ``hash``; includes ``seq``.

    """
    return sha256(previous + table.encode() + b"\n" + canonical_bytes(row)).digest()


class ChainWriter:
    """Appends rows within one transaction."""

    def __init__(self, connection: KeyedConnection, tip: Mark) -> None:
        """Append after ``tip``."""
        self.connection = connection
        self.tip = tip

    def append(self, table: str, row: Mapping[str, object]) -> None:
        """Append a row with all of the table's columns.

        Raises:
            sqlite3.IntegrityError: a constraint of the table refuses it.

        """
        chained = {"seq": self.tip.length, **row}
        head = link_hash(bytes.fromhex(self.tip.head), table, chained)
        stored = {**chained, "hash": head}
        self.connection.execute(
            f"INSERT INTO {table} ({', '.join(stored)}) "  # noqa: S608  (names of our own tables)
            f"VALUES ({', '.join('?' * len(stored))})",
            tuple(stored.values()),
        )
        self.tip = Mark(length=self.tip.length + 1, head=head.hex())


class Chain:
    """The chain of one ledger and its anchor."""

    def __init__(
        self, database: Database, anchor: Anchor, lock: HomeLock, *, witness: Witness | None = None
    ) -> None:
        """Guard ``database`` with ``anchor``; ``lock`` serialises the writers of all processes.

        A ``witness`` detects that database and anchor were both restored from an old copy.
        """
        self._database = database
        self._witness = witness
        self._anchor = anchor
        self._lock = lock
        self._walked_at: int | None = None
        self._tables: Mapping[str, tuple[str, ...]] = {}

    @contextmanager
    def append(self, *, witnessed: bool = True) -> Iterator[ChainWriter]:
        """Append rows in one transaction; durable and anchored when the block is left.

        Args:
            witnessed: also update the witness; false only for :data:`UNWITNESSED` tables.

        Raises:
            LedgerBroken: the ledger is broken; nothing is appended to it.
            DiskFull: nothing is acknowledged; if only the anchor's last step failed, the rows are
                stored.

        """
        if witnessed:
            self._prepare_witness()
        with self._lock.held():
            with self._database.transaction() as connection:
                with _damage_is_a_break():
                    before = self._verified_tip()
                position = self._anchor.read()
                if not position.admits(before):
                    raise _contradiction(before, position)
                if witnessed:
                    self._require_witnessed(before)
                writer = ChainWriter(connection, before)
                yield writer
                if writer.tip != before:
                    if witnessed:
                        self._witness_remembers(Position(confirmed=before, intent=writer.tip))
                    self._anchor.intend(before, writer.tip)
            if writer.tip != before:
                self._anchor.confirm(writer.tip)
                if witnessed:
                    self._witness_remembers(Position(confirmed=writer.tip))

    def check(self) -> None:
        """Verify that the tables hold what was last acknowledged.

        The whole chain is verified the first time and after another process has written; otherwise
        only its tip is compared with the anchor.

        Raises:
            LedgerBroken: the message says what is wrong.

        """
        self._prepare_witness()
        for _ in range(_LOOKS):
            position = self._anchor.read()
            with _damage_is_a_break(), self._database.snapshot():
                tip = self._verified_tip()
            # Another process may have committed between the two reads; then the anchor has moved.
            contradiction = self._contradiction(tip, position)
            if contradiction is None:
                return
            if self._anchor.read() == position:
                raise contradiction
        raise LedgerBroken("the anchor keeps changing", hint="stop other edgeagent processes")

    def tip(self) -> Mark:
        """Return length and head of the chain, after :meth:`check`."""
        self.check()
        with self._database.snapshot():
            return self._verified_tip()

    def recover(self) -> None:
        """Confirm a commit that a power cut left unconfirmed."""
        with self._lock.held():
            intent = self._anchor.read().intent
            with _damage_is_a_break(), self._database.snapshot():
                tip = self._verified_tip()
            if tip == intent:
                self._anchor.confirm(tip)

    def stands_at(self) -> Mark:
        """Return length and head of the chain, without comparing them with the anchor.

        Raises:
            LedgerBroken: a row is missing or was changed.

        """
        with _damage_is_a_break(), self._database.snapshot():
            return self._verified_tip()

    def holds(self, mark: Mark) -> bool:
        """Return whether ``mark`` is a prefix of the chain."""
        if not mark.length:
            return True
        tables = " UNION ALL ".join(
            f"SELECT hash FROM {table} WHERE seq = ?1"  # noqa: S608  (names of our own tables)
            for table in self._tables
        )
        rows = self._database.read(tables, (mark.length - 1,))
        return [row[0].hex() for row in rows] == [mark.head]

    def has_moved_since(self, length: int) -> bool:
        """Return whether rows of witnessed tables follow the first ``length`` rows."""
        tables = " UNION ALL ".join(
            f"SELECT 1 FROM {table} WHERE seq >= ?1"  # noqa: S608  (names of our own tables)
            for table in self._tables
            if table not in UNWITNESSED
        )
        return bool(self._database.read(f"{tables} LIMIT 1", (length,)))

    def _contradiction(self, tip: Mark, position: Position) -> LedgerBroken | None:
        if not position.admits(tip):
            return _contradiction(tip, position)
        try:
            self._require_witnessed(tip)
        except LedgerBroken as error:
            return error
        return None

    def _require_witnessed(self, tip: Mark) -> None:
        """Raise if the ledger is older than the history's mark, or a different ledger.

        A ledger of a single row is new: it grants nothing and reports nothing for 13 weeks.
        """
        seen = None if self._witness is None else self._witness.position()
        if seen is None or seen.admits(tip) or tip.length == 1 or self.holds(seen.confirmed):
            return
        raise LedgerBroken(
            f"the ledger has {tip.length} rows, and is not the one of which the history knows "
            f"{seen.confirmed.length}: ledger.db and ledger.anchor were restored from an old copy",
            hint=_HINT,
        )

    def _prepare_witness(self) -> None:
        if self._witness is not None:
            self._witness.prepare()

    def _witness_remembers(self, position: Position) -> None:
        if self._witness is not None:
            self._witness.remember(position)

    def _verified_tip(self) -> Mark:
        changes = self._database.foreign_changes()
        if changes != self._walked_at:
            self._walk()
            self._walked_at = changes
        tips = self._database.read(
            " UNION ALL ".join(
                f"SELECT * FROM (SELECT seq, hash FROM {table} ORDER BY seq DESC LIMIT 1)"  # noqa: S608
                for table in self._tables  # names of our own tables
            )
        )
        seq, head = max(tips, default=(-1, bytes.fromhex(START.head)))
        return Mark(length=seq + 1, head=head.hex())

    def _walk(self) -> None:
        """Recompute every hash, row by row, so that memory stays small."""
        self._tables = {
            table: tuple(columns.split(","))
            for table, columns in self._database.read(_LINKED_TABLES_SQL)
        }
        previous = bytes.fromhex(START.head)
        tables = [self._rows(table) for table in self._tables]
        for seq, (table, row, stored) in enumerate(merge(*tables, key=lambda link: link[1]["seq"])):
            if row["seq"] != seq:
                raise LedgerBroken(
                    f"{self._database.path}: row {seq} of the chain is missing", hint=_HINT
                )
            previous = link_hash(previous, table, row)
            if previous != stored:
                raise LedgerBroken(
                    f"{self._database.path}: row {seq} of the chain, in {table}, was changed",
                    hint=_HINT,
                )

    def _rows(self, table: str) -> Iterator[tuple[str, dict[str, Any], bytes]]:
        names = tuple(name for name in self._tables[table] if name != "hash")
        sql = f"SELECT {', '.join(names)}, hash FROM {table} ORDER BY seq"  # noqa: S608
        for *values, stored in self._database.read(sql):
            yield table, dict(zip(names, values, strict=True)), stored


def _contradiction(tip: Mark, position: Position) -> LedgerBroken:
    expected = position.confirmed.length
    what = (
        f"has {tip.length} rows, {expected} were acknowledged"
        if tip.length != expected
        else f"has {expected} rows, but not the ones that were acknowledged"
    )
    return LedgerBroken(f"the ledger {what}", hint=_HINT)


@contextmanager
def _damage_is_a_break() -> Iterator[None]:
    try:
        yield
    except Damaged as error:
        raise LedgerBroken(str(error), hint=_HINT) from error
