"""Detect files of another user: a box that was set up by one user and is run by another.

The most common case is a command that an administrator ran as root in the home of the service. The
files are undamaged; only their owner is wrong.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from edgeagent.errors import StorageError, WrongOwner
from edgeagent.store.home_files import LOCK_NAME

__all__ = ["foreign_file", "require_own", "require_within_reach", "user_name"]


def foreign_file(path: Path) -> WrongOwner | None:
    """Return the error if a file cannot be used because it belongs to another user.

    Args:
        path: the file that could not be opened or written; if it is missing, its directory is
            checked.

    """
    found = next((place for place in (path, *path.parents) if os.path.lexists(place)), None)
    if found is None or os.access(found, os.R_OK | os.W_OK, effective_ids=True):
        return None
    try:
        owner = found.lstat().st_uid
    except OSError:  # it was removed meanwhile
        return None
    me = os.geteuid()
    if owner == me or os.statvfs(found).f_flag & os.ST_RDONLY:
        return None
    return WrongOwner(
        f"{found} belongs to {user_name(owner)}, and this is run by {user_name(me)}",
        hint=f"run it as {user_name(owner)}, or change the owner: "
        f"chown -R {user_name(me)} {found if found.is_dir() else found.parent}",
    )


def require_within_reach(directory: Path) -> None:
    """Raise if this user may not enter a home; a missing home can be created.

    Raises:
        WrongOwner: it belongs to another user.
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
    """Raise if a directory belongs to another user, even if this user is root.

    Used for data kept per user, which root would otherwise write where its owner does not look. A
    missing directory will belong to this user.

    Raises:
        WrongOwner: it belongs to another user.

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
    """Return the name of a user, or its number if it has no name."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
