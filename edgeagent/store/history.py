"""HistoryStore: what was watched, and what rests on it. Nothing in here ever leaves the box."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from edgeagent.consent import Grant, Purpose
from edgeagent.errors import ConsentRequired, InputError, StorageError
from edgeagent.messages import Picks, WatchEvent, canonical_bytes, decode
from edgeagent.store.database import Database
from edgeagent.store.events import UPSERT, delete_teens, event_row
from edgeagent.store.history_schema import MAIN_PROFILE
from edgeagent.store.keyed_store import KeyedStore
from edgeagent.store.keys import SecretKey
from edgeagent.store.profiles import (
    MarkedTitle,
    Marks,
    Profile,
    ProfileKind,
    TitleMark,
    insert_profile,
    move_belongings,
    read_marked,
    read_marks,
    read_profiles,
    require_profile,
)
from edgeagent.store.viewings import Viewings

__all__ = ["HistoryStore", "SavedPicks"]

_PICKS_CAP_BYTES = 8 * 1024 * 1024
_PRUNE_BATCH = 500
_LATEST = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPicks:
    """The picks a profile was last shown."""

    made_at: int
    picks: Picks


class HistoryStore(Viewings, KeyedStore):
    """Everything personal, by profile."""

    def __init__(self, database: Database) -> None:
        """Serve ``database``."""
        self._database = database

    # Events

    def add(
        self,
        events: Sequence[WatchEvent],
        grant: Grant,
        *,
        source: Literal["watched", "imported"] = "watched",
    ) -> None:
        """Store one profile's events in one transaction; on disk when this returns.

        The same event again changes nothing but progress, of which the larger counts.

        Raises:
            ConsentRequired: the grant is for another purpose or profile, or an event is a child's.
            InputError: the profile does not exist, or is a kid's.
            DiskFull: nothing was stored.

        """
        _require(grant, Purpose.HISTORY)
        for event in events:
            if event.profile != grant.profile or event.age_policy == "app:child":
                raise ConsentRequired(
                    f"the grant for profile {grant.profile!r} does not cover this event",
                    hint="ask the consent gate for a grant of the event's own profile; "
                    "children's viewings are never stored",
                )
        if self.profile_kind(grant.profile) == "kid":
            raise ConsentRequired(
                f"{grant.profile!r} is a kid's profile, of which nothing is stored",
                hint="watch under an adult's profile if it is to be remembered",
            )
        with self._database.transaction() as connection:
            connection.executemany(UPSERT, [event_row(event, source) for event in events])

    # Deleting: afterwards nothing of it is left in any page or write-ahead frame

    def forget(self, profile: str, entity_id: str) -> int:
        """Delete every viewing of a title, and picks that may cite it, and return how many.

        A title hidden by the household stays hidden: that is its own decision.

        Raises:
            StorageError: deleted, but another process keeps old pages in use; do it again.

        """
        with self._database.transaction() as connection:
            deleted: int = connection.execute(
                "DELETE FROM events WHERE profile = ? AND entity_id = ?", (profile, entity_id)
            ).rowcount
            connection.execute("DELETE FROM last_picks WHERE profile = ?", (profile,))
            connection.execute(
                "DELETE FROM title_marks "
                "WHERE profile = ? AND entity_id = ? AND mark = 'not_reason'",
                (profile, entity_id),
            )
        self._leave_no_trace()
        return deleted

    def purge(self, profile: str, *, marked_until: int = _LATEST) -> int:
        """Delete all of a profile's viewings, picks and marks; cheap when there are none.

        Args:
            profile: whose.
            marked_until: marks made later stay; they were made without a history.

        Returns:
            How many viewings there were.

        Raises:
            StorageError: deleted, but another process keeps old pages in use; do it again.

        """
        deleted = 0
        if self._holds_anything(profile, marked_until):
            with self._database.transaction() as connection:
                deleted = connection.execute(
                    "DELETE FROM events WHERE profile = ?", (profile,)
                ).rowcount
                connection.execute("DELETE FROM last_picks WHERE profile = ?", (profile,))
                connection.execute(
                    "DELETE FROM title_marks WHERE profile = ? AND marked_at <= ?",
                    (profile, marked_until),
                )
        self._leave_no_trace()
        return deleted

    def purge_teens(self) -> int:
        """Delete what apps called a teen's, and picks that may cite it; cheap when there is none.

        Raises:
            StorageError: as :meth:`purge`.

        """
        deleted = delete_teens(self._database)
        if deleted:
            self._leave_no_trace()
        return deleted

    def prune(self, before: int) -> int:
        """Delete what was watched earlier than ``before``, in batches, and return how many.

        Each batch is a transaction of its own, so that nothing else waits long; picks of the
        profiles concerned go too, because they may cite what is gone.
        """
        deleted = 0
        for profile in read_profiles(self._database):
            batch = self._prune_batch(profile.name, before)
            while batch:
                deleted += batch
                batch = self._prune_batch(profile.name, before)
        if deleted:
            self._leave_no_trace()
        return deleted

    def _prune_batch(self, profile: str, before: int) -> int:
        with self._database.transaction() as connection:
            deleted: int = connection.execute(
                "DELETE FROM events WHERE (profile, watched_on, entity_id) IN ("
                "SELECT profile, watched_on, entity_id FROM events "
                "WHERE profile = ? AND watched_on < ? ORDER BY watched_on, entity_id LIMIT ?)",
                (profile, before, _PRUNE_BATCH),
            ).rowcount
            if deleted:
                connection.execute("DELETE FROM last_picks WHERE profile = ?", (profile,))
        return deleted

    def _holds_anything(self, profile: str, marked_until: int) -> bool:
        return bool(
            self._database.read(
                "SELECT EXISTS (SELECT 1 FROM events WHERE profile = ?1) "
                "OR EXISTS (SELECT 1 FROM last_picks WHERE profile = ?1) "
                "OR EXISTS (SELECT 1 FROM title_marks WHERE profile = ?1 AND marked_at <= ?2)",
                (profile, marked_until),
            )[0][0]
        )

    def _leave_no_trace(self) -> None:
        self._database.vacuum_free_pages()
        if not self._database.checkpoint():
            raise StorageError(
                "deleted, but another process still uses pages from before",
                hint="close other edgeagent processes and do it again",
            )

    # Picks

    def save_picks(self, picks: Picks, grant: Grant, *, made_at: int) -> None:
        """Keep the picks a profile is shown, so that they can be shown again at once.

        Raises:
            ConsentRequired: the grant is for another purpose.

        """
        _require(grant, Purpose.PERSONALIZATION)
        require_profile(self._database, grant.profile)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO last_picks (profile, made_at, body) VALUES (?, ?, ?) "
                "ON CONFLICT (profile) DO UPDATE SET made_at = excluded.made_at, "
                "body = excluded.body",
                (grant.profile, made_at, canonical_bytes(picks)),
            )

    def last_picks(self, profile: str) -> SavedPicks | None:
        """Return the picks a profile was last shown."""
        rows = self._database.read(
            "SELECT made_at, body FROM last_picks WHERE profile = ?", (profile,)
        )
        if not rows:
            return None
        made_at, body = rows[0]
        return SavedPicks(made_at=made_at, picks=decode(body, Picks, cap_bytes=_PICKS_CAP_BYTES))

    def drop_picks(self, profile: str) -> None:
        """Delete the picks of a profile, as when it withdraws ``personalization``."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM last_picks WHERE profile = ?", (profile,))
        self._leave_no_trace()

    # Profiles and titles

    def profiles(self) -> tuple[Profile, ...]:
        """Return all profiles, oldest first; ``main`` always exists."""
        return read_profiles(self._database)

    def profile_kind(self, name: str) -> ProfileKind:
        """Return what kind of profile this is.

        Raises:
            InputError: there is none of that name.

        """
        return require_profile(self._database, name).kind

    def create_profile(self, name: str, *, kind: ProfileKind, at: int) -> None:
        """Add a profile.

        Raises:
            InputError: the name is taken.

        """
        with self._database.transaction() as connection:
            insert_profile(connection, Profile(name=name, kind=kind, created_at=at))

    def rename_profile(self, name: str, new_name: str) -> None:
        """Give a profile, with everything of it, another name.

        Raises:
            InputError: there is none of that name, or the new one is taken.

        """
        kept = require_profile(self._database, name)
        with self._database.transaction() as connection:
            insert_profile(connection, replace(kept, name=new_name))
            move_belongings(connection, name, new_name)
        self._leave_no_trace()

    def remove_profile(self, name: str) -> None:
        """Delete a profile with everything of it.

        Raises:
            InputError: there is none of that name, or it is ``main``, which cannot be removed.

        """
        require_profile(self._database, name)
        if name == MAIN_PROFILE:
            raise InputError(
                f"profile {MAIN_PROFILE!r} cannot be removed", hint="purge its history instead"
            )
        self.purge(name)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM profiles WHERE name = ?", (name,))
        self._leave_no_trace()

    def marks(self, profile: str) -> Marks:
        """Return the titles a profile has hidden, or does not want as reasons."""
        return read_marks(self._database, profile)

    def marked(self, profile: str) -> tuple[MarkedTitle, ...]:
        """Return every mark of a profile with its date."""
        return read_marked(self._database, profile)

    def set_mark(self, profile: str, entity_id: str, mark: TitleMark, *, at: int) -> None:
        """Mark a title; the same mark again changes nothing."""
        require_profile(self._database, profile)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO title_marks (profile, entity_id, mark, marked_at) "
                "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (profile, entity_id, mark, at),
            )

    def clear_mark(self, profile: str, entity_id: str, mark: TitleMark) -> bool:
        """Take a mark back and say whether there was one."""
        with self._database.transaction() as connection:
            deleted: int = connection.execute(
                "DELETE FROM title_marks WHERE profile = ? AND entity_id = ? AND mark = ?",
                (profile, entity_id, mark),
            ).rowcount
        self._leave_no_trace()
        return deleted > 0

    @contextmanager
    def exchanged(self, key: Callable[[], SecretKey]) -> Iterator[None]:
        """Let go of the file while a block exchanges it, then open what is there under ``key``."""
        with self._database.exclusive():
            self._database.close()
            try:
                yield
            finally:
                self._database.reopen(key())


def _require(grant: Grant, purpose: Purpose) -> None:
    if grant.purpose != purpose:
        raise ConsentRequired(
            f"a grant for {grant.purpose} is no grant for {purpose}",
            hint=f"edgeagent consent grant {purpose}",
        )
