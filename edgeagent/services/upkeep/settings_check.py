"""Check settings against this machine: the files, programs, users and groups that they name.

Settings that are wrong on any machine are refused by :mod:`edgeagent.config` when it reads the
file. The faults found here may be temporary (a file system that is not mounted yet), so a box still
opens with them and a household can still withdraw; ``config check`` and ``doctor`` show them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from edgeagent.config import Config
from edgeagent.errors import EdgeAgentError, InputError
from edgeagent.notices import load_template
from edgeagent.services.from_settings import read_trusted_root
from edgeagent.services.upkeep.managers import manager_groups, manager_users

__all__ = ["settings_faults"]


def settings_faults(config: Config) -> tuple[EdgeAgentError, ...]:
    """Return what cannot be used, each with the setting at fault and a hint."""
    return tuple(_faults(config))


def _faults(config: Config) -> Iterator[EdgeAgentError]:
    for check in _checks(config):
        try:
            check()
        except EdgeAgentError as error:
            yield error


def _checks(config: Config) -> Iterator[Callable[[], object]]:
    yield lambda: load_template(config.language)
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
            f"{setting}: {command[0]!r} is not an executable program here",
            hint="give its whole path, and check that it is executable",
        )


def _require_visible(setting: str, path: str | None) -> None:
    """Raise if a file could not be seen even if the platform created it."""
    try:
        if path is None or Path(path).parent.is_dir():
            return
    except OSError:
        pass  # a parent directory is not searchable
    raise InputError(
        f"{setting}: the directory of {path} cannot be read",
        hint="give the whole path of the file that the platform writes",
    )
