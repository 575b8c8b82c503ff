"""The publisher's private keys: one ed25519 key a role, in files that only their owner reads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner, SSlibKey

from edgeagent.errors import InputError, OutputError
from edgeagent.messages.targets import DELEGATED_ROLES
from edgeagent.regular_file import read_regular
from model_export.publishing.repository import TOP_LEVEL_ROLES

__all__ = ["ROLES", "open_keys"]

ROLES = (*TOP_LEVEL_ROLES, *DELEGATED_ROLES)
"""Each signs with a key of its own, so that the daily ones can live where the others do not."""


_CAP_BYTES = 64 * 1024


def open_keys(directory: Path, *, create: bool) -> Mapping[str, CryptoSigner]:
    """Load the key of every role.

    Args:
        directory: of the key files.
        create: make the keys that are not there, mode 0600, in a directory of mode 0700; those
            that are there are used as they are.

    Raises:
        InputError: one is missing or is no such key.
        OutputError: the directory cannot be written.

    """
    if create:
        _create_missing(directory)
    return {role: _load(_path(directory, role)) for role in ROLES}


def _create_missing(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for role in ROLES:
            if not _path(directory, role).exists():
                _write_new(_path(directory, role), CryptoSigner.generate_ed25519().private_bytes)
    except OSError as error:
        raise OutputError(
            f"{directory} cannot be written: {error.strerror}",
            hint="make room, or choose another directory with --keys",
        ) from error


def _write_new(path: Path, data: bytes) -> None:
    """Write a file that only its owner reads; a name is taken only by a complete key."""
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    opened = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _load(path: Path) -> CryptoSigner:
    try:
        private = load_pem_private_key(read_regular(path, cap_bytes=_CAP_BYTES), None)
        public = SSlibKey.from_crypto(private.public_key())
        return CryptoSigner(private, public)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"{path} is not a usable key: {error}",
            hint="name the directory with the keys that made this repository with --keys",
        ) from error


def _path(directory: Path, role: str) -> Path:
    return directory / f"{role}.pem"
