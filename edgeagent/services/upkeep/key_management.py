"""Key management: the configured provider, its strength, and rotation.

*Rotate* wraps the same data keys under another key-encryption key; *rekey* copies the databases
into files under new data keys. The next start completes either after a power cut.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgeagent.config import Config
from edgeagent.errors import EdgeAgentError, InputError, KeyProviderError, StorageError, WrongKey
from edgeagent.store import CommandKeyProvider, CredentialKeyProvider, FileKeyProvider, KeyProvider
from edgeagent.store.durable import destroy_durably, move_durably
from edgeagent.store.home_files import DATABASES, KEY_FILE_NAME, LOCK_NAME, data_key_file
from edgeagent.store.keys import key_file_provider, open_data_key, rewrap_data_key
from edgeagent.store.lock import HomeLock
from edgeagent.store.rekey import Step

__all__ = [
    "KeyStatus",
    "configured_provider",
    "finish_rotation",
    "key_statuses",
    "rotate",
]

_STRENGTHS: Mapping[str, str] = {
    "file": "the key is in a file: a copy of the whole home can be opened",
    "credential": "as strong as systemd's credential: sealed to the TPM2 where the box has one",
    "command": "as strong as the helper that keeps the key",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStatus:
    """How the data key of one database is protected."""

    database: str
    state: Literal["opens", "fails", "absent"]
    provider: str | None
    """The kind of provider that wrapped it; ``None`` without a readable key file."""
    strength: str
    problem: str
    hint: str


def configured_provider(
    directory: Path, config: Config, *, environment: Mapping[str, str] = os.environ
) -> KeyProvider:
    """Return the provider that the settings name.

    Raises:
        InputError: provider ``command`` without a command.

    """
    return _provider(config.key_provider, directory, config, environment)


def key_statuses(directory: Path, provider: KeyProvider) -> tuple[KeyStatus, ...]:
    """Unwrap the key of each database, without opening the database."""
    return tuple(_status(directory, database, provider) for database in DATABASES)


def rotate(
    directory: Path,
    config: Config,
    *,
    old_config: Config | None = None,
    environment: Mapping[str, str] = os.environ,
    step: Step = lambda _: None,
) -> tuple[str, ...]:
    """Wrap the data keys under another key-encryption key.

    Under provider ``file`` a new key is generated and the old one destroyed. The other providers
    keep the key elsewhere: create a new one there, name it in the settings, and rotate from the old
    one.

    Args:
        directory: the home; its keys need not be under the provider of ``config`` yet.
        config: names the provider to use from now on.
        old_config: names the key used so far, where that is of the same kind.
        environment: ``CREDENTIALS_DIRECTORY`` is read from it.
        step: called before each step; tests simulate a power loss there.

    Returns:
        The databases whose key was wrapped again; empty if the new key had wrapped all of them
        already.

    Raises:
        KeyProviderError, WrongKey: a key is unavailable; databases not yet rotated open as before.
        InputError: provider ``command`` without a command.

    """
    new = _provider(config.key_provider, directory, config, environment)
    finish_rotation(directory, new)
    if isinstance(new, FileKeyProvider) and (directory / KEY_FILE_NAME).exists():
        new = FileKeyProvider(_next_key_file(directory))
    rotated = []
    with HomeLock(directory / LOCK_NAME).held(), _no_key_left_over(directory, new):
        step("prepare the new key")
        new.prepare()
        for database in DATABASES:
            path = data_key_file(directory, database)
            kind = key_file_provider(path)
            if kind is None or _unwraps(path, database, new):
                continue
            old = _provider(kind, directory, old_config or config, environment)
            step(f"wrap the key of {database}")
            rewrap_data_key(path, database=database, provider=old, new_provider=new)
            rotated.append(database)
        _retire_key_file(directory, new, step=step)
    return tuple(rotated)


@contextmanager
def _no_key_left_over(directory: Path, new: KeyProvider) -> Iterator[None]:
    """Destroy the new key file if the rotation fails before any data key is wrapped under it."""
    there = {path.name for path in directory.glob(f"{KEY_FILE_NAME}*")}
    try:
        yield
    except EdgeAgentError:
        if not any(_unwraps(data_key_file(directory, name), name, new) for name in DATABASES):
            for path in directory.glob(f"{KEY_FILE_NAME}*"):
                if path.name not in there:
                    destroy_durably(path)
        raise


def finish_rotation(directory: Path, provider: KeyProvider) -> None:
    """Finish a rotation under provider ``file`` that was interrupted; cheap if none was.

    Raises:
        KeyProviderError, WrongKey: one of the two keys is unavailable.

    """
    new = FileKeyProvider(_next_key_file(directory))
    if not (isinstance(provider, FileKeyProvider) and _next_key_file(directory).exists()):
        return
    with HomeLock(directory / LOCK_NAME).held():
        if not _next_key_file(directory).exists():
            return
        for database in DATABASES:
            path = data_key_file(directory, database)
            if path.exists() and not _unwraps(path, database, new):
                rewrap_data_key(path, database=database, provider=provider, new_provider=new)
        _retire_key_file(directory, new, step=lambda _: None)


def _retire_key_file(directory: Path, new: KeyProvider, *, step: Step) -> None:
    """Destroy the old key file, under which no data key is wrapped any more."""
    if isinstance(new, FileKeyProvider) and not _next_key_file(directory).exists():
        return
    step("destroy the old key")
    FileKeyProvider(directory / KEY_FILE_NAME).erase()
    if isinstance(new, FileKeyProvider):
        step("name the new key")
        move_durably(_next_key_file(directory), directory / KEY_FILE_NAME)


def _next_key_file(directory: Path) -> Path:
    return directory / f"{KEY_FILE_NAME}.next"


def _unwraps(path: Path, database: str, provider: KeyProvider) -> bool:
    with suppress(KeyProviderError, WrongKey):
        open_data_key(path, database=database, provider=provider)
        return True
    return False


def _provider(
    kind: str, directory: Path, config: Config, environment: Mapping[str, str]
) -> KeyProvider:
    if kind == "file":
        return FileKeyProvider(directory / KEY_FILE_NAME)
    if kind == "credential":
        base = environment.get("CREDENTIALS_DIRECTORY")
        return CredentialKeyProvider(config.key_credential, directory=Path(base) if base else None)
    if kind != "command" or not config.key_command:
        raise InputError(
            f"key provider {kind!r} needs its command",
            hint="set key_command in config.toml to the helper that prints the key",
        )
    return CommandKeyProvider(config.key_command, erase_command=config.key_erase_command)


def _status(directory: Path, database: str, provider: KeyProvider) -> KeyStatus:
    path = data_key_file(directory, database)
    kind = key_file_provider(path)
    problem, hint = "", ""
    state: Literal["opens", "fails", "absent"] = "opens"
    if not path.exists():
        state = "absent"
    else:
        try:
            open_data_key(path, database=database, provider=provider)
        except StorageError as error:
            state, problem, hint = "fails", str(error), error.hint
    return KeyStatus(
        database=database,
        state=state,
        provider=kind,
        strength=_STRENGTHS.get(kind or "", ""),
        problem=problem,
        hint=hint,
    )
