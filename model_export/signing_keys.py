"""The publisher's private keys: one ed25519 key a role, in files that only their owner reads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner, SSlibKey

from edgeagent.errors import InputError, StorageError

__all__ = ["ROLES", "create_keys", "load_keys"]

ROLES = ("root", "timestamp", "snapshot", "targets", "models", "catalogue", "tasks")
"""Each signs with a key of its own, so that the daily ones can live where the others do not."""


def create_keys(directory: Path) -> Mapping[str, CryptoSigner]:
    """Make a key for every role, mode 0600, in a directory of mode 0700.

    Raises:
        InputError: a key file is there already; keys are never overwritten.
        StorageError: the directory cannot be written.

    """
    signers = {role: CryptoSigner.generate_ed25519() for role in ROLES}
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for role, signer in signers.items():
            opened = os.open(_path(directory, role), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(opened, "wb") as file:
                file.write(signer.private_bytes)
                file.flush()
                os.fsync(file.fileno())
    except FileExistsError as error:
        raise InputError(
            f"{error.filename} is there already, but no repository that it signs",
            hint="name the directory of that repository, or another one for new keys with --keys",
        ) from error
    except OSError as error:
        raise StorageError(
            f"{directory} cannot be written: {error.strerror}",
            hint="make room, or choose another directory with --keys",
        ) from error
    return signers


def load_keys(directory: Path) -> Mapping[str, CryptoSigner]:
    """Load the key of every role.

    Raises:
        InputError: one is missing or is not such a key.

    """
    return {role: _load(_path(directory, role)) for role in ROLES}


def _load(path: Path) -> CryptoSigner:
    try:
        private = load_pem_private_key(path.read_bytes(), None)
        public = SSlibKey.from_crypto(private.public_key())
        return CryptoSigner(private, public)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"{path} is not a usable key: {error}",
            hint="name the directory with the keys that made this repository with --keys",
        ) from error


def _path(directory: Path, role: str) -> Path:
    return directory / f"{role}.pem"
