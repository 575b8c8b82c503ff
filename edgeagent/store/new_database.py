"""Create a database under a temporary name and move it into place when it is complete."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edgeagent.store.before_opening import require_no_lone_log
from edgeagent.store.database import Database
from edgeagent.store.durable import move_durably, no_room
from edgeagent.store.home_files import SIDE_SUFFIXES
from edgeagent.store.keys import SecretKey
from edgeagent.store.migrations import Schema

__all__ = ["make_database"]


def make_database(
    path: Path, schema: Schema, key: SecretKey, fill: Callable[[Database], None]
) -> None:
    """Create ``path`` and ``fill`` it; the caller holds the home's lock.

    Raises:
        Damaged: the log of a former database is there; it is left unchanged.

    """
    require_no_lone_log(path)
    aside = path.with_name(f"{path.name}.new")
    with no_room(aside):
        for leftover in (aside, *(aside.with_name(aside.name + s) for s in SIDE_SUFFIXES)):
            leftover.unlink(missing_ok=True)  # left by an interrupted creation
    database = Database.create(aside, key, application_id=schema.application_id)
    try:
        schema.migrate(database)
        fill(database)
        database.checkpoint()
    finally:
        database.close()
    move_durably(aside, path)
