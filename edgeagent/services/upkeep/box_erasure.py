"""Erase a whole box: needs nothing to open; keys first, then files.

A file without content in the home, the marker, makes the next start go on. It is made under the
home's lock and after all that may be refused, since from then on there is no way back.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edgeagent.config import CONFIG_NAME
from edgeagent.errors import EdgeAgentError, InputError, StorageError
from edgeagent.messages.fields import ErasureReason
from edgeagent.services.upkeep.erasure import ErasureReceipt
from edgeagent.store import KeyProvider
from edgeagent.store.durable import create_durably, destroy_durably, no_room, sync_directory
from edgeagent.store.home_files import DATABASES, KEY_FILE_NAME, LOCK_NAME, MODELS_DIRECTORY
from edgeagent.store.lock import HomeLock
from edgeagent.store.ownership import foreign_file
from edgeagent.store.rekey import Step

__all__ = ["erase_box", "erasure_has_begun", "finish_erasure_of_box"]

_MARKER_NAME = "erasing"
_BEGUN = "the erasure of the box has begun; nothing opens before the next start has carried it out"
_OURS = (f"{KEY_FILE_NAME}*", *(f"{name}.*" for name in DATABASES), MODELS_DIRECTORY, LOCK_NAME)
_KEYS = tuple(f"{name}.key*" for name in DATABASES)
_FLASH = (
    "the key was overwritten in its file, which is best effort on flash memory; "
    "a copy of the home made earlier, key file included, still opens"
)
_KEPT_KEY = "a copy made earlier opens on this box: the key-encryption key could not be destroyed"


def erase_box(
    directory: Path,
    *,
    provider: KeyProvider,
    reason: ErasureReason = "user_request",
    now: int,
    step: Step = lambda _: None,
) -> ErasureReceipt:
    """Erase everything of a box: its keys first, then its files; settings stay.

    Nothing has to open, so it works when keys are lost or databases damaged. The home opens as a
    new box afterwards, whose ledger is silent for 13 weeks.

    Args:
        directory: the home, not open in any process.
        provider: destroys the key-encryption key, where it can.
        reason: goes into the receipt.
        now: seconds UTC.
        step: called before each step; a seam for tests that lose power there.

    Raises:
        InputError: there is no home.
        StorageError: it cannot begin, and everything is as it was; or it has begun, which the
            message says: nothing opens any more before the next start has carried it out.

    """
    if not directory.is_dir():
        raise InputError(f"{directory} is no home", hint="name the home with --home")
    with HomeLock(directory / LOCK_NAME).held():
        _require_erasable(directory)
        step("mark")
        with suppress(FileExistsError):
            create_durably(directory / _MARKER_NAME, b"")
        destroyed = _erase_marked(directory, provider, step)
    return ErasureReceipt(
        scope="all",
        reason=reason,
        at=now,
        data_keys_destroyed=True,
        key_encryption_key_destroyed=destroyed,
        kept=("settings",) if (directory / CONFIG_NAME).exists() else (),
        copies=_copies(provider, destroyed=destroyed),
    )


def finish_erasure_of_box(
    directory: Path, *, provider: KeyProvider, step: Step = lambda _: None
) -> bool:
    """Go on with the erasure of a box that has begun; cheap when none has.

    Returns:
        Whether the key-encryption key was destroyed.

    Raises:
        StorageError: it cannot go on; nothing opens before it is carried out.

    """
    marker = directory / _MARKER_NAME
    if not marker.exists():
        return False
    with _has_begun(), HomeLock(directory / LOCK_NAME).held():
        if not marker.exists():  # another process has done it meanwhile
            return False
        return _erase_marked(directory, provider, step)


def erasure_has_begun(directory: Path) -> bool:
    """Say whether a box is being erased, or was when that was cut off: it is to be finished."""
    return (directory / _MARKER_NAME).exists()


def _require_erasable(directory: Path) -> None:
    """Refuse before anything is marked what would be refused half way: a key of somebody else's.

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
                    import shutil  # noqa: PLC0415  (with it come four archive formats)

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
    """Say of what fails that there is no way back."""
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
        return False  # the data keys are gone all the same; the receipt says what remains


def _matching(directory: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    return (path for pattern in patterns for path in sorted(directory.glob(pattern)))


def _copies(provider: KeyProvider, *, destroyed: bool) -> str:
    if not destroyed:
        return _KEPT_KEY
    return _FLASH if provider.name == "file" else "a copy made earlier does not open any more"
