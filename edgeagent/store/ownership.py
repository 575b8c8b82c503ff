"""Whose files are these: a box that was set up by one user and is run by another.

The commonest case is a command that an administrator ran as root in the home of the service. The
files are whole, and nothing has to be restored.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from edgeagent.errors import StorageError, WrongOwner
from edgeagent.store.home_files import LOCK_NAME

__all__ = ["foreign_file", "require_own", "require_within_reach", "user_name"]


def foreign_file(path: Path) -> WrongOwner | None:
    """Return what to say where a file cannot be used because it is somebody else's.

    Args:
        path: what could not be opened or written; where it is not there, the directory that it
            would be in decides.

    """
    found = next((place for place in (path, *path.parents) if os.path.lexists(place)), None)
    if found is None or os.access(found, os.R_OK | os.W_OK, effective_ids=True):
        return None
    try:
        owner = found.lstat().st_uid
    except OSError:  # it has gone in between
        return None
    me = os.geteuid()
    if owner == me or os.statvfs(found).f_flag & os.ST_RDONLY:
        return None
    return WrongOwner(
        f"{found} belongs to {user_name(owner)}, and this is run by {user_name(me)}",
        hint=f"run it as {user_name(owner)}, or give the files away: "
        f"chown -R {user_name(me)} {found if found.is_dir() else found.parent}",
    )


def require_within_reach(directory: Path) -> None:
    """Refuse a home that this user may not enter; one that is not there yet can be made.

    Raises:
        WrongOwner: it is somebody else's.
        StorageError: it cannot be entered for another reason.

    """
    try:
        (directory / LOCK_NAME).lstat()
    except PermissionError as error:
        raise (
            foreign_file(directory / LOCK_NAME)
            or StorageError(
                f"{directory} cannot be entered: {error.strerror}",
                hint="make the directory, and those above it, accessible to this user",
            )
        ) from error
    except OSError:
        return


def require_own(path: Path) -> None:
    """Refuse a directory of somebody else also to root, who may do anything with it.

    For what is kept for each user apart, so that it would go where nobody looks. One that is not
    there yet will be this user's.

    Raises:
        WrongOwner: it is somebody else's.

    """
    try:
        owner = path.stat().st_uid
    except OSError:
        return
    me = os.geteuid()
    if owner != me:
        raise WrongOwner(
            f"{path} belongs to {user_name(owner)}, and this is run by {user_name(me)}",
            hint=f"run it as {user_name(owner)}",
        )


def user_name(number: int) -> str:
    """Return what a user is called; its number where it has no name."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
