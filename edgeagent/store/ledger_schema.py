"""The schema of ``ledger.db``: append-only tables under one chain, an outbox, and plain state."""

from __future__ import annotations

from edgeagent.store.home_files import LEDGER
from edgeagent.store.migrations import MIN_READER_TABLE, Migration, Schema
from edgeagent.store.store_notes import STORE_NOTES_TABLE

__all__ = ["LEDGER_SCHEMA"]

_TABLES = (
    """
    CREATE TABLE genesis (
        seq INTEGER PRIMARY KEY CHECK (seq = 0),
        created_at INTEGER NOT NULL,
        phase INTEGER NOT NULL CHECK (phase BETWEEN 0 AND 12),
        first_reportable_week INTEGER NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT
    """,
    """
    CREATE TABLE consents (
        seq INTEGER PRIMARY KEY,
        profile TEXT NOT NULL,
        purpose TEXT NOT NULL,
        body TEXT NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT
    """,
    """
    CREATE TABLE ledger (
        seq INTEGER PRIMARY KEY,
        week INTEGER NOT NULL UNIQUE,
        entry TEXT NOT NULL CHECK (entry IN ('drawn', 'missed')),
        odds_numerator INTEGER,
        odds_denominator INTEGER,
        entered_at INTEGER NOT NULL,
        reason TEXT NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        CHECK ((entry = 'drawn') = (odds_numerator IS NOT NULL)),
        CHECK ((entry = 'drawn') = (odds_denominator IS NOT NULL))
    ) STRICT
    """,
    """
    CREATE TABLE disclosures (
        seq INTEGER PRIMARY KEY,
        report_id TEXT NOT NULL UNIQUE,
        week INTEGER NOT NULL UNIQUE REFERENCES ledger (week),
        task TEXT NOT NULL,
        body BLOB NOT NULL CHECK (length(body) = 512),
        drawn_at INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        recipient TEXT NOT NULL,
        meaning TEXT NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT
    """,
    """
    CREATE TABLE deliveries (
        seq INTEGER PRIMARY KEY,
        report_id TEXT NOT NULL UNIQUE REFERENCES disclosures (report_id),
        settled_at INTEGER NOT NULL,
        outcome TEXT NOT NULL
            CHECK (outcome IN ('accepted', 'refused', 'expired', 'withdrawn')),
        detail TEXT NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT
    """,
    """
    CREATE TABLE outbox (
        report_id TEXT PRIMARY KEY REFERENCES disclosures (report_id),
        attempts INTEGER NOT NULL,
        next_attempt_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE TABLE state (name TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID",
)

_IMPORTED_DEBITS = (
    # Debits of another box, or of this one before it was erased: they count, but are no reports.
    """
    CREATE TABLE imported_debits (
        seq INTEGER PRIMARY KEY,
        week INTEGER NOT NULL,
        odds_numerator INTEGER NOT NULL,
        odds_denominator INTEGER NOT NULL,
        imported_at INTEGER NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        UNIQUE (week, odds_numerator, odds_denominator)
    ) STRICT
    """,
)

_CLOCK_NOTES = (
    # A ledger of an earlier release has none: its 13 silent weeks start again at its next update.
    """
    CREATE TABLE clock_notes (
        seq INTEGER PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('known', 'behind')),
        at INTEGER NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT
    """,
)

_RENAMES = (
    # Decisions keep the profile name they were made under; this maps them to the present name.
    """
    CREATE TABLE renames (
        seq INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        new_name TEXT NOT NULL,
        at INTEGER NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT
    """,
)

_COUNTS = (
    # Written before the history is opened: a count that crashes is not tried a second time.
    """
    CREATE TABLE counts (
        seq INTEGER PRIMARY KEY,
        week INTEGER NOT NULL UNIQUE,
        begun_at INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT
    """,
)

_DELETIONS = (
    # Every deletion but a withdrawal, which has its sequence number in consents.
    """
    CREATE TABLE deletions (
        seq INTEGER PRIMARY KEY,
        deleted TEXT NOT NULL,
        at INTEGER NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT
    """,
    # A week is previewed once, even if the material of that preview has been deleted.
    """
    CREATE TABLE previews (
        seq INTEGER PRIMARY KEY,
        week INTEGER NOT NULL UNIQUE,
        at INTEGER NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT
    """,
)

LEDGER_SCHEMA = Schema(
    name=LEDGER,
    application_id=0x45414C31,  # "EAL1"
    migrations=(
        Migration(name="0001_ledger", statements=_TABLES),
        Migration(name="0002_imported_debits", statements=_IMPORTED_DEBITS),
        Migration(name="0003_clock_notes", statements=_CLOCK_NOTES),
        Migration(name="0004_renames", statements=_RENAMES),
        # From here on programs verify chained tables that they do not know.
        Migration(name="0005_min_reader", statements=(MIN_READER_TABLE,), breaks_older=True),
        Migration(name="0006_counts", statements=_COUNTS),
        Migration(name="0007_deletions", statements=_DELETIONS),
        # An older program would not update the history's mark, see ``edgeagent.store.witness``.
        Migration(name="0008_store_notes", statements=(STORE_NOTES_TABLE,), breaks_older=True),
    ),
)
