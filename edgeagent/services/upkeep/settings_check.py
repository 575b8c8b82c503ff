"""Can settings be used on this machine: files, programs, users, groups that they name.

What is wrong whatever the machine, :mod:`edgeagent.config` refuses when it reads the file. What is
asked here may come and go (a file system is not mounted yet), so that a box still opens and a
household can still withdraw; ``config check`` and ``doctor`` say it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from edgeagent.config import Config
from edgeagent.errors import EdgeAgentError, InputError
from edgeagent.notices import load_notice
from edgeagent.services.from_settings import read_trusted_root
from edgeagent.services.upkeep.managers import manager_groups, manager_users

__all__ = ["settings_faults"]


def settings_faults(config: Config) -> tuple[EdgeAgentError, ...]:
    """Return what cannot be used, each with the setting at fault and the way out."""
    return tuple(_faults(config))


def _faults(config: Config) -> Iterator[EdgeAgentError]:
    for check in _checks(config):
        try:
            check()
        except EdgeAgentError as error:
            yield error


def _checks(config: Config) -> Iterator[Callable[[], object]]:
    yield lambda: load_notice(config.language)
    yield lambda: manager_users(config.service)
    yield lambda: manager_groups(config.service)
    if config.trusted_root is not None or config.server_url is not None:
        yield lambda: _require_root(config)
    if config.key_provider == "command":
        yield lambda: _require_program("key_command", config.key_command)
        yield lambda: _require_program("key_erase_command", config.key_erase_command)
    yield lambda: _require_visible("standby_file", config.service.standby_file)
    yield lambda: _require_visible("metered_file", config.service.metered_file)


def _require_root(config: Config) -> None:
    from edgeagent.network.repository import require_root  # noqa: PLC0415  (heavy, see module)

    require_root(read_trusted_root(config))


def _require_program(setting: str, command: Sequence[str]) -> None:
    if command and shutil.which(command[0]) is None:
        raise InputError(
            f"{setting}: {command[0]!r} is no program that can be run here",
            hint="name it with its whole path, and see that it may be executed",
        )


def _require_visible(setting: str, path: str | None) -> None:
    """Refuse a file that could not be seen even if the platform made it."""
    try:
        if path is None or Path(path).parent.is_dir():
            return
    except OSError:
        pass  # a directory on the way may not be searched
    raise InputError(
        f"{setting}: {path} lies in no directory that can be looked into",
        hint="name the file that the platform keeps, with its whole path",
    )
