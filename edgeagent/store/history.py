"""HistoryStore: viewings and the data derived from them. None of it ever leaves the box."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Literal

from edgeagent.consent import Grant, Purpose
from edgeagent.errors import ConsentRequired, InputError, StorageError
from edgeagent.messages import Picks, WatchEvent
from edgeagent.messages.fields import MAIN_PROFILE
from edgeagent.store.database import Database
from edgeagent.store.events import UPSERT, delete_teens, event_row, prune_batch, put_back
from edgeagent.store.keyed_store import KeyedStore
from edgeagent.store.keys import SecretKey
from edgeagent.store.picks import SavedPicks, read_picks, write_picks
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
from edgeagent.store.reach import (
    EVERYTHING,
    Reach,
    ViewingSpan,
    delete_older,
    forget_older,
    forget_span,
    holds_older,
    remove_older_profile,
)
from edgeagent.store.showings import ShowingStore, prune_showings
from edgeagent.store.undated import BootTime, UndatedViewings, add_undated
from edgeagent.store.viewings import Shown, Viewings
from edgeagent.store.week_lists import WeekListStore

__all__ = ["HistoryStore", "SavedPicks"]

_LATEST = 2**62  # later than every date that a message can hold


class HistoryStore(Viewings, KeyedStore):
    """All personal data, by profile."""

    def __init__(self, database: Database, *, shown: Shown) -> None:
        """Serve ``database``; reads return only what ``shown`` allows."""
        self._database = database
        self._shown = shown

    # Events

    def add(
        self,
        events: Sequence[WatchEvent],
        grant: Grant,
        *,
        source: Literal["watched", "imported"] = "watched",
        undated: BootTime | None = None,
        still: Callable[[], None] = lambda: None,
    ) -> None:
        """Store one profile's events in one transaction; on disk when this returns.

        Storing the same event again only updates its progress, to the larger value. ``undated`` is
        the boot time of events whose dates are meaningless. ``still`` runs inside the transaction
        and raises if the events must not be stored any more.

        Raises:
            ConsentRequired: the grant is for another purpose or profile, or an event is a child's.
            InputError: the profile does not exist, or is a kid's.
            DiskFull: nothing was stored.

        """
        grant.require(Purpose.HISTORY)
        for event in events:
            if event.profile != grant.profile or event.age_policy == "app:child":
                raise ConsentRequired(
                    f"the grant for profile {grant.profile!r} does not cover this event",
                    hint="ask the consent gate for a grant of the event's own profile; "
                    "children's viewings are never stored",
                )
        if self.profile_kind(grant.profile) == "kid":
            raise ConsentRequired(
                f"{grant.profile!r} is a kid's profile, for which nothing is stored",
                hint="switch to an adult's profile to store viewings",
            )
        with self._database.transaction() as connection:
            still()
            if undated is None:
                rows = [event_row(event, source, after=grant.after) for event in events]
                connection.executemany(UPSERT, rows)
            else:
                add_undated(connection, events, undated, source=source, after=grant.after)

    @property
    def undated(self) -> UndatedViewings:
        """The viewings stored before the time was known."""
        return UndatedViewings(self._database)

    # Deleting: afterwards no page and no write-ahead frame holds the deleted rows

    def forget(self, profile: str, entity_id: str, *, reach: Reach = EVERYTHING) -> int:
        """Delete every viewing of a title, and picks that may cite it, and return how many.

        A hidden title stays hidden: that is a separate decision. What is newer than ``reach`` stays
        too.

        Raises:
            StorageError: deleted, but another process still reads old pages; repeat the call.

        """
        with self._database.transaction() as connection:
            deleted = forget_older(connection, profile, entity_id, reach)
            connection.execute("DELETE FROM last_picks WHERE profile = ?", (profile,))
        self._leave_no_trace()
        return deleted

    def forget_span(self, profile: str, span: ViewingSpan, *, reach: Reach = EVERYTHING) -> int:
        """Delete the viewings that began in a span, and picks that may cite them; return how many.

        Undated viewings are dated first, if they can be: else the last hour came back later.

        Raises:
            StorageError: as :meth:`forget`.

        """
        self._shown.dated()
        with self._database.transaction() as connection:
            deleted = forget_span(connection, profile, span, reach)
            connection.execute("DELETE FROM last_picks WHERE profile = ?", (profile,))
        self._leave_no_trace()
        return deleted

    def purge(
        self,
        *profiles: str,
        reach: Reach = EVERYTHING,
        remove: bool = False,
        deleted: Callable[[], None] = lambda: None,
    ) -> int:
        """Delete viewings, picks and marks of profiles in one transaction; cheap if there are none.

        Args:
            profiles: whose data.
            reach: newer data stay.
            remove: also delete the profiles themselves, unless newer data belong to them.
            deleted: called after the transaction, before the log is truncated.

        Returns:
            How many viewings were deleted.

        Raises:
            StorageError: deleted, but another process still reads old pages; repeat the call.

        """
        number = 0
        if remove or any(holds_older(self._database, name, reach) for name in profiles):
            with self._database.transaction() as connection:
                for name in profiles:
                    number += delete_older(connection, name, reach)
                    if remove:
                        remove_older_profile(connection, name, reach)
        deleted()
        self._leave_no_trace()
        return number

    def purge_teens(self) -> int:
        """Delete viewings that apps marked as a teen's, and picks that may cite them."""
        deleted = delete_teens(self._database)
        if deleted:
            self._leave_no_trace()
        return deleted

    def prune(self, before: int) -> int:
        """Delete viewings older than ``before``, seconds UTC, in batches, and return how many.

        Each batch is its own transaction, so that other writers do not wait long.
        """
        deleted = 0
        for profile in read_profiles(self._database):
            while batch := prune_batch(self._database, profile.name, before):
                deleted += batch
        if deleted + prune_showings(self._database, before=before):
            self._leave_no_trace()
        return deleted

    def put_back(self, *, after: int, to: int) -> int:
        """Move viewings dated after ``after`` to ``to``, in their order; return how many."""
        return put_back(self._database, after=after, to=to)

    def _leave_no_trace(self) -> None:
        self._database.vacuum_free_pages()
        if not self._database.checkpoint():
            raise StorageError(
                "deleted, but another process still reads old pages",
                hint="close other edgeagent processes and repeat the command",
            )

    # Picks

    def save_picks(
        self,
        picks: Picks,
        grant: Grant,
        *,
        made_at: int,
        still: Callable[[], bool] = lambda: True,
    ) -> bool:
        """Store the picks of a profile, so that they can be shown again at once.

        ``still`` runs inside the transaction.

        Returns:
            Whether they were stored, as ``still`` decided.

        Raises:
            ConsentRequired: the grant is for another purpose.

        """
        grant.require(Purpose.PERSONALIZATION)
        require_profile(self._database, grant.profile)
        with self._database.transaction() as connection:
            kept = still()
            if kept:
                write_picks(connection, picks, grant, made_at=made_at)
        return kept

    def last_picks(self, profile: str) -> SavedPicks | None:
        """Return the stored picks of a profile."""
        return read_picks(self._database, profile)

    def drop_picks(self, profile: str, *, reach: Reach = EVERYTHING) -> None:
        """Delete the picks of a profile, for example when it withdraws ``personalization``."""
        if holds_older(self._database, profile, reach, tables=("last_picks",)):
            with self._database.transaction() as connection:
                delete_older(connection, profile, reach, tables=("last_picks",))
        self._leave_no_trace()

    def drop_derived(self, *, before_seq: int) -> None:
        """Delete what was shown and listed before a deletion, whichever profile's it was."""
        self.showings.drop(before_seq=before_seq)
        self.weeks.drop(before_seq=before_seq)

    @cached_property
    def weeks(self) -> WeekListStore:
        """The list of the week of each profile."""
        return WeekListStore(self._database, leave_no_trace=self._leave_no_trace)

    @cached_property
    def showings(self) -> ShowingStore:
        """Creatives on the screen, and those that are hidden."""
        return ShowingStore(self._database, leave_no_trace=self._leave_no_trace)

    # Profiles and titles

    def profiles(self) -> tuple[Profile, ...]:
        """Return all profiles, oldest first; ``main`` always exists."""
        return read_profiles(self._database)

    def profile_kind(self, name: str) -> ProfileKind:
        """Return the kind of a profile.

        Raises:
            InputError: there is none of that name.

        """
        return self.profile(name).kind

    def profile(self, name: str) -> Profile:
        """Return a profile.

        Raises:
            InputError: there is none of that name.

        """
        return require_profile(self._database, name)

    def set_age_limit(self, name: str, limit: int | None) -> None:
        """Set the highest age rating that a profile is shown.

        Raises:
            InputError: there is no profile of that name.

        """
        require_profile(self._database, name)
        with self._database.transaction() as connection:
            connection.execute("UPDATE profiles SET age_limit = ? WHERE name = ?", (limit, name))

    def create_profile(self, name: str, *, kind: ProfileKind, at: int, after: int = 0) -> None:
        """Add a profile; ``after`` is the sequence number of the last deletion.

        Raises:
            InputError: the name is taken.

        """
        with self._database.transaction() as connection:
            insert_profile(connection, Profile(name=name, kind=kind, created_at=at), after=after)

    def rename_profile(self, name: str, new_name: str) -> None:
        """Rename a profile with all its data.

        Raises:
            InputError: there is none of that name, or the new name is taken.

        """
        kept = require_profile(self._database, name)
        with self._database.transaction() as connection:
            insert_profile(connection, replace(kept, name=new_name), after=0)
            move_belongings(connection, name, new_name)
        self._leave_no_trace()

    def remove_profile(self, name: str) -> None:
        """Delete a profile with all its data.

        Raises:
            InputError: there is none of that name, or it is ``main``, which cannot be removed.

        """
        require_profile(self._database, name)
        if name == MAIN_PROFILE:
            raise InputError(
                f"profile {MAIN_PROFILE!r} cannot be removed", hint="purge its history instead"
            )
        self.purge(name, remove=True)

    def marks(self, profile: str) -> Marks:
        """Return the titles a profile has hidden or excluded as reasons."""
        return read_marks(self._database, profile)

    def marked(self, profile: str) -> tuple[MarkedTitle, ...]:
        """Return every mark of a profile with its date."""
        return read_marked(self._database, profile)

    def set_mark(
        self,
        profile: str,
        entity_id: str,
        mark: TitleMark,
        *,
        at: int,
        after: int = 0,
        still: Callable[[], None] = lambda: None,
    ) -> None:
        """Mark a title; the same mark again keeps its date.

        Args:
            profile: whose mark.
            entity_id: on which title.
            mark: the kind of mark.
            at: when, seconds UTC.
            after: sequence number of the last deletion before it.
            still: runs inside the transaction; raises if the mark must not be stored any more.

        """
        require_profile(self._database, profile)
        with self._database.transaction() as connection:
            still()
            connection.execute(
                "INSERT INTO title_marks (profile, entity_id, mark, marked_at, after_seq) "
                "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET after_seq = excluded.after_seq",
                (profile, entity_id, mark, at, after),
            )

    def clear_mark(self, profile: str, entity_id: str, mark: TitleMark) -> bool:
        """Remove a mark; return whether there was one."""
        with self._database.transaction() as connection:
            deleted: int = connection.execute(
                "DELETE FROM title_marks WHERE profile = ? AND entity_id = ? AND mark = ?",
                (profile, entity_id, mark),
            ).rowcount
        self._leave_no_trace()
        return deleted > 0

    @contextmanager
    def exchanged(self, key: Callable[[], SecretKey]) -> Iterator[None]:
        """Close the file while a block replaces it, then open the new one under ``key``."""
        with self._database.exclusive():
            self._database.close()
            try:
                yield
            finally:
                self._database.reopen(key())
