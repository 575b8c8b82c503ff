"""Erase a whole box: keys first, then files; works even if no database opens.

An empty file in the home, the marker, makes the next start continue an interrupted erasure. It is
created under the home's lock and after every check that may refuse, because it cannot be undone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edgeagent.clock import SystemClock
from edgeagent.config import CONFIG_NAME, load_config
from edgeagent.errors import EdgeAgentError, InputError, StorageError
from edgeagent.messages.fields import ErasureReason
from edgeagent.services.upkeep.erasure import ErasureReceipt
from edgeagent.services.upkeep.key_management import configured_provider
from edgeagent.store import KeyProvider
from edgeagent.store.durable import create_durably, destroy_durably, no_room, sync_directory
from edgeagent.store.home_files import DATABASES, KEY_FILE_NAME, LOCK_NAME, MODELS_DIRECTORY
from edgeagent.store.lock import HomeLock
from edgeagent.store.ownership import foreign_file
from edgeagent.store.rekey import Step

__all__ = ["erase_box", "erasure_has_begun", "finish_erasure_of_box"]

_MARKER_NAME = "erasing"
_BEGUN = "the erasure of the box has begun; nothing opens until the next start has completed it"
_OURS = (f"{KEY_FILE_NAME}*", *(f"{name}.*" for name in DATABASES), MODELS_DIRECTORY, LOCK_NAME)
_KEYS = tuple(f"{name}.key*" for name in DATABASES)
_FLASH = (
    "the key was overwritten in its file, which is best effort on flash memory; "
    "a copy of the home made earlier, key file included, still opens"
)
_KEPT_KEY = "a copy made earlier opens on this box: the key-encryption key could not be destroyed"


def erase_box(
    directory: Path | str,
    *,
    provider: KeyProvider | None = None,
    reason: ErasureReason = "user_request",
    now: int | None = None,
    step: Step = lambda _: None,
) -> ErasureReceipt:
    """Erase a box: its keys first, then its files; the settings file stays.

    No database has to open, so it works if keys are lost or databases damaged. Afterwards the home
    opens as a new box, whose ledger reports nothing for 13 weeks.

    Args:
        directory: the home; no process may have it open.
        provider: destroys the key-encryption key, if it can; the one that the settings in
            ``directory`` name unless given.
        reason: recorded in the receipt.
        now: seconds UTC; the system clock's unless given.
        step: called before each step; tests simulate a power loss there.

    Raises:
        InputError: there is no home.
        StorageError: it could not begin and nothing was changed; or, as the message then says, it
            has begun, and nothing opens until the next start has completed it.

    """
    directory = Path(directory)
    if not directory.is_dir():
        raise InputError(f"{directory} is not an edgeagent home", hint="name the home with --home")
    provider = provider or configured_provider(directory, load_config(directory))
    with HomeLock(directory / LOCK_NAME).held():
        _require_erasable(directory)
        step("mark")
        with suppress(FileExistsError):
            create_durably(directory / _MARKER_NAME, b"")
        destroyed = _erase_marked(directory, provider, step)
    return ErasureReceipt(
        scope="all",
        reason=reason,
        at=SystemClock().now() if now is None else now,
        data_keys_destroyed=True,
        key_encryption_key_destroyed=destroyed,
        kept=("settings",) if (directory / CONFIG_NAME).exists() else (),
        copies=_copies(provider, destroyed=destroyed),
    )


def finish_erasure_of_box(
    directory: Path, *, provider: KeyProvider, step: Step = lambda _: None
) -> bool:
    """Finish the erasure of a box that has begun; cheap if none has.

    Returns:
        Whether the key-encryption key was destroyed.

    Raises:
        StorageError: it cannot continue; nothing opens until it is completed.

    """
    marker = directory / _MARKER_NAME
    if not marker.exists():
        return False
    with _has_begun(), HomeLock(directory / LOCK_NAME).held():
        if not marker.exists():  # another process has completed it meanwhile
            return False
        return _erase_marked(directory, provider, step)


def erasure_has_begun(directory: Path) -> bool:
    """Return whether the erasure of a box is running or was interrupted."""
    return (directory / _MARKER_NAME).exists()


def _require_erasable(directory: Path) -> None:
    """Raise, before the marker is made, if a key file cannot be destroyed (another user's).

    Raises:
        WrongOwner, DiskFull: a key file cannot be written.

    """
    for path in _matching(directory, (*_KEYS, f"{KEY_FILE_NAME}*")):
        if path.is_file() and not path.is_symlink():
            with no_room(path):
                os.close(os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC))
    for path in _matching(directory, _OURS):
        refused = None if path.is_symlink() else foreign_file(path)
        if refused:
            raise refused


def _erase_marked(directory: Path, provider: KeyProvider, step: Step) -> bool:
    """Erase under the lock, and say whether the key-encryption key was destroyed."""
    with _has_begun():
        for path in _matching(directory, _KEYS):
            step("destroy a data key")
            destroy_durably(path)
        step("destroy the key-encryption key")
        destroyed = _destroy_key(directory, provider)
        for path in _matching(directory, _OURS):
            step("remove a file")
            with no_room(path):
                if path.is_dir() and not path.is_symlink():
                    import shutil  # noqa: PLC0415  (heavy: imports four archive formats)

                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
        sync_directory(directory)
        marker = directory / _MARKER_NAME
        step("remove the marker")
        with no_room(marker):
            marker.unlink(missing_ok=True)
            sync_directory(directory)
    return destroyed


@contextmanager
def _has_begun() -> Iterator[None]:
    """Add to any error that the erasure cannot be undone any more."""
    try:
        yield
    except StorageError as error:
        if _BEGUN in str(error):
            raise
        raise type(error)(f"{error}: {_BEGUN}", hint=error.hint) from error


def _destroy_key(directory: Path, provider: KeyProvider) -> bool:
    for path in _matching(directory, (f"{KEY_FILE_NAME}*",)):
        destroy_durably(path)
    try:
        return provider.erase()
    except (EdgeAgentError, OSError):
        return False  # the data keys are destroyed anyway; the receipt says what remains


def _matching(directory: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    return (path for pattern in patterns for path in sorted(directory.glob(pattern)))


def _copies(provider: KeyProvider, *, destroyed: bool) -> str:
    if not destroyed:
        return _KEPT_KEY
    return _FLASH if provider.name == "file" else "a copy made earlier does not open any more"
