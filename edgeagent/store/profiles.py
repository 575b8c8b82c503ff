"""Profiles of the household, and their marks on single titles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edgeagent.errors import InputError
from edgeagent.store.connection import KeyedConnection
from edgeagent.store.database import Database
from edgeagent.store.standard_errors import sqlite3

__all__ = [
    "MarkedTitle",
    "Marks",
    "Profile",
    "ProfileKind",
    "TitleMark",
    "insert_profile",
    "move_belongings",
    "read_marked",
    "read_marks",
    "read_profiles",
    "require_profile",
]

ProfileKind = Literal["adult", "teen", "kid"]
TitleMark = Literal["hidden", "not_reason"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A profile: one person or the whole household."""

    name: str
    kind: ProfileKind
    created_at: int
    """0 for the profile that every box has from the start."""
    age_limit: int | None = None
    """The highest age rating that it is shown; ``None``: what its kind allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The titles a profile has marked, each tuple sorted by id."""

    hidden: tuple[str, ...]
    """Neither shown nor given weight."""
    not_reasons: tuple[str, ...]
    """Shown, but given no weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedTitle:
    """One mark on one title."""

    entity_id: str
    mark: TitleMark
    marked_at: int


def read_profiles(database: Database) -> tuple[Profile, ...]:
    """Return all profiles, oldest first; of one second's, in the order they were made."""
    rows = database.read(
        "SELECT name, kind, created_at, age_limit FROM profiles ORDER BY created_at, place, name"
    )
    return tuple(
        Profile(name=name, kind=kind, created_at=at, age_limit=limit)
        for name, kind, at, limit in rows
    )


def require_profile(database: Database, name: str) -> Profile:
    """Return one profile.

    Raises:
        InputError: there is none of that name.

    """
    for profile in read_profiles(database):
        if profile.name == name:
            return profile
    raise InputError(
        f"there is no profile {name!r}",
        hint="edgeagent profile list shows those there are; profile create makes one",
    )


def insert_profile(connection: KeyedConnection, profile: Profile, *, after: int) -> None:
    """Add a profile; ``after`` is the sequence number of the last deletion.

    Raises:
        InputError: the name is taken.

    """
    try:
        connection.execute(
            "INSERT INTO profiles (name, kind, created_at, after_seq, age_limit, place) "
            "VALUES (?, ?, ?, ?, ?, (SELECT max(place) + 1 FROM profiles))",
            (profile.name, profile.kind, profile.created_at, after, profile.age_limit),
        )
    except sqlite3.IntegrityError as error:
        raise InputError(
            f"profile {profile.name!r} cannot be created: {error}",
            hint="choose a free name; a kind is adult, teen or kid",
        ) from error


def move_belongings(connection: KeyedConnection, name: str, new_name: str) -> None:
    """Move all data of one profile to another, and remove the first."""
    for table in (
        "events",
        "title_marks",
        "last_picks",
        "week_lists",
        "showings",
        "creative_marks",
    ):
        connection.execute(
            f"UPDATE {table} SET profile = ? WHERE profile = ?",  # noqa: S608  (our own tables)
            (new_name, name),
        )
    connection.execute(
        "UPDATE profiles SET (after_seq, place) = "
        "(SELECT after_seq, place FROM profiles WHERE name = ?) WHERE name = ?",
        (name, new_name),
    )
    connection.execute("DELETE FROM profiles WHERE name = ?", (name,))


def read_marked(database: Database, profile: str) -> tuple[MarkedTitle, ...]:
    """Return every mark of a profile."""
    rows = database.read(
        "SELECT entity_id, mark, marked_at FROM title_marks WHERE profile = ? "
        "ORDER BY entity_id, mark",
        (profile,),
    )
    return tuple(MarkedTitle(entity_id=row[0], mark=row[1], marked_at=row[2]) for row in rows)


def read_marks(database: Database, profile: str) -> Marks:
    """Return the titles a profile has marked."""
    rows = database.read(
        "SELECT mark, entity_id FROM title_marks WHERE profile = ? ORDER BY entity_id", (profile,)
    )
    return Marks(
        hidden=tuple(entity_id for mark, entity_id in rows if mark == "hidden"),
        not_reasons=tuple(entity_id for mark, entity_id in rows if mark == "not_reason"),
    )
