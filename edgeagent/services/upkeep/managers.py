"""Users and groups that the settings name, as this system knows them."""

from __future__ import annotations

import grp
import pwd
from collections.abc import Callable

from edgeagent.config import ServiceConfig
from edgeagent.errors import InputError

__all__ = ["manager_groups", "manager_users"]

_HIGHEST = 2**32 - 2
"""The kernel reserves the next number, 2**32 - 1, for "no user"."""
_DIGITS = len(str(_HIGHEST))


def manager_users(config: ServiceConfig) -> frozenset[int]:
    """Return the user ids of ``manage_users``.

    Raises:
        InputError: a user that this system does not know.

    """
    return frozenset(
        _number("manage_users", "user", name, lambda name: pwd.getpwnam(name).pw_uid)
        for name in config.manage_users
    )


def manager_groups(config: ServiceConfig) -> frozenset[int]:
    """Return the group ids of ``manage_groups``.

    Raises:
        InputError: a group that this system does not know.

    """
    return frozenset(
        _number("manage_groups", "group", name, lambda name: grp.getgrnam(name).gr_gid)
        for name in config.manage_groups
    )


def _number(setting: str, kind: str, name: str, look_up: Callable[[str], int]) -> int:
    if name.isascii() and name.isdigit():
        if len(name) > _DIGITS or int(name) > _HIGHEST:
            raise InputError(f"{setting}: no {kind} has number {name}", hint=f"at most {_HIGHEST}")
        return int(name)
    try:
        return look_up(name)
    except (KeyError, UnicodeEncodeError) as error:
        raise InputError(
            f"{setting}: there is no {kind} {name!r}", hint="name one, or its number"
        ) from error
