"""The schema of ``history.db``."""

from __future__ import annotations

from edgeagent.store.home_files import HISTORY
from edgeagent.store.migrations import MIN_READER_TABLE, Migration, Schema
from edgeagent.store.witness import LEDGER_MARK_TABLE

__all__ = ["HISTORY_SCHEMA"]


_TABLES = (
    """
    CREATE TABLE profiles (
        name TEXT PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('adult', 'teen', 'kid')),
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    # Clustered in the order of every query: one profile, by time. A second index would raise the
    # bytes written per event by half.
    """
    CREATE TABLE events (
        profile TEXT NOT NULL REFERENCES profiles (name),
        watched_on INTEGER NOT NULL,
        entity_id TEXT NOT NULL,
        progress_fraction REAL,
        progress_seconds INTEGER,
        completed INTEGER NOT NULL CHECK (completed IN (0, 1)),
        source TEXT NOT NULL CHECK (source IN ('watched', 'imported')),
        PRIMARY KEY (profile, watched_on, entity_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE title_marks (
        profile TEXT NOT NULL REFERENCES profiles (name),
        entity_id TEXT NOT NULL,
        mark TEXT NOT NULL CHECK (mark IN ('hidden', 'not_reason')),
        marked_at INTEGER NOT NULL,
        PRIMARY KEY (profile, entity_id, mark)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE last_picks (
        profile TEXT PRIMARY KEY REFERENCES profiles (name),
        made_at INTEGER NOT NULL,
        body BLOB NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    # The name "main" is written out, because a migration never changes even if the constant does.
    "INSERT INTO profiles (name, kind, created_at) VALUES ('main', 'adult', 0)",
)

_TEENS = (
    # Stored with the viewing: whether teens count may change, whose viewing it was does not.
    "ALTER TABLE events ADD COLUMN teen INTEGER NOT NULL DEFAULT 0 CHECK (teen IN (0, 1))",
    # A partial index over teens' rows, so that a box without them pays nothing.
    "CREATE INDEX teen_events ON events (profile) WHERE teen = 1",
)

_PLACES = (
    # The sequence number of the last deletion before a row was stored. It costs about ten bits in
    # the row's own page; NULL in rows written by a release without it.
    "ALTER TABLE profiles ADD COLUMN after_seq INTEGER",
    "ALTER TABLE events ADD COLUMN after_seq INTEGER",
    "ALTER TABLE title_marks ADD COLUMN after_seq INTEGER",
    "ALTER TABLE last_picks ADD COLUMN after_seq INTEGER",
)

_UNDATED = (
    # Viewings stored before the time was known, see undated.py.
    """
    CREATE TABLE undated (
        seq INTEGER PRIMARY KEY,
        profile TEXT NOT NULL,
        watched_on INTEGER NOT NULL,
        entity_id TEXT NOT NULL,
        boot_id TEXT NOT NULL,
        boot_seconds REAL NOT NULL,
        UNIQUE (profile, watched_on, entity_id),
        FOREIGN KEY (profile, watched_on, entity_id)
            REFERENCES events (profile, watched_on, entity_id)
            ON DELETE CASCADE ON UPDATE CASCADE
    ) STRICT
    """,
)

_TOLD = (
    # The date an app gave, if another viewing had that key already; NULL: the row's own date.
    "ALTER TABLE undated ADD COLUMN told_on INTEGER",
)

_OWED = (
    # One row: a deletion that the ledger, broken at that time, has not recorded yet.
    "CREATE TABLE owed (id INTEGER PRIMARY KEY CHECK (id = 1)) STRICT",
)

_PROMOTION = (
    # They cascade, so that a program that does not know them can still remove a profile.
    """
    CREATE TABLE showings (
        seq INTEGER PRIMARY KEY,
        profile TEXT NOT NULL REFERENCES profiles (name) ON DELETE CASCADE,
        crid TEXT NOT NULL,
        advertiser TEXT NOT NULL,
        cat TEXT NOT NULL,
        placement TEXT NOT NULL,
        shown_at INTEGER NOT NULL,
        boot_id TEXT NOT NULL,
        boot_seconds REAL NOT NULL,
        certain INTEGER NOT NULL CHECK (certain IN (0, 1)),
        after_seq INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE creative_marks (
        profile TEXT NOT NULL REFERENCES profiles (name) ON DELETE CASCADE,
        kind TEXT NOT NULL CHECK (kind IN ('creative', 'advertiser', 'category')),
        name TEXT NOT NULL,
        marked_at INTEGER NOT NULL,
        after_seq INTEGER NOT NULL,
        PRIMARY KEY (profile, kind, name)
    ) STRICT, WITHOUT ROWID
    """,
)

_APPS_AND_AGE_LIMITS = (
    # With the viewing, so that what an app told is kept, deleted and pruned with it; NULL: no app.
    "ALTER TABLE events ADD COLUMN app TEXT",
    "ALTER TABLE profiles ADD COLUMN age_limit INTEGER CHECK (age_limit BETWEEN 0 AND 20)",
)

_WEEKS = (
    # It cascades, for the same reason.
    """
    CREATE TABLE week_lists (
        profile TEXT PRIMARY KEY REFERENCES profiles (name) ON DELETE CASCADE,
        made_at INTEGER NOT NULL,
        body BLOB NOT NULL,
        oldest_cause INTEGER NOT NULL,
        after_seq INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)

_ORDER = (
    # Which profile came first of those made in the same second; 0 in rows of a release without it.
    "ALTER TABLE profiles ADD COLUMN place INTEGER NOT NULL DEFAULT 0",
)

HISTORY_SCHEMA = Schema(
    name=HISTORY,
    application_id=0x45414831,  # "EAH1"
    migrations=(
        Migration(name="0001_history", statements=_TABLES),
        Migration(name="0002_min_reader", statements=(MIN_READER_TABLE,), breaks_older=True),
        Migration(name="0003_teens", statements=_TEENS),
        # An older program would not update the mark, see ``edgeagent.store.witness``.
        Migration(name="0004_ledger_mark", statements=(LEDGER_MARK_TABLE,), breaks_older=True),
        Migration(name="0005_places", statements=_PLACES),
        Migration(name="0006_undated", statements=_UNDATED),
        Migration(name="0007_told", statements=_TOLD),
        Migration(name="0008_owed", statements=_OWED),
        Migration(name="0009_promotion", statements=_PROMOTION),
        Migration(name="0010_apps_and_age_limits", statements=_APPS_AND_AGE_LIMITS),
        Migration(name="0011_weeks", statements=_WEEKS),
        Migration(name="0012_order_of_profiles", statements=_ORDER),
    ),
)
