"""Private keys: one ed25519 key a role, in PKCS#8 files that only their owner reads.

A file is named by its role and the beginning of its key's id, so that old and new keys lie side by
side and the right one is found without a passphrase. Root keys may be spread over several
directories, most of them in a drawer: a command uses those that are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from edgeagent.errors import InputError, OutputError
from edgeagent.regular_file import read_regular
from server_stub.distribution.directory import replace_file
from server_stub.distribution.links import links_out

__all__ = ["KeyRing", "Passphrase", "key_file_name", "unencrypted"]

_CAP_BYTES = 64 * 1024
_ID_LETTERS = 16
"""Of a key id in a file name: 64 bits, since nobody chooses ids to collide."""
_ENCRYPTED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
_LEAST_PASSPHRASE_BYTES = 12
"""PKCS#8 as ``cryptography`` writes it slows a guess by 2,048 rounds of PBKDF2 only."""


class Passphrase(Protocol):
    """Where the passphrase of a key file comes from."""

    def __call__(self, path: Path, *, new: bool) -> bytes | None:
        """Return it; ``None`` for a key without encryption. ``new``: the file is being made."""
        ...


def unencrypted(path: Path, *, new: bool) -> None:
    """Make keys without encryption, and open no encrypted ones: for tests and simulations."""
    del path, new


def key_file_name(role: str, keyid: str) -> str:
    """Return the name of the file in which a key of a role lies."""
    return f"{role}-{keyid[:_ID_LETTERS]}.pem"


class KeyRing:
    """The key files in some directories."""

    def __init__(
        self, directories: Sequence[Path], *, passphrase: Passphrase, repository: Path | None
    ) -> None:
        """Look for keys in ``directories``.

        Raises:
            InputError: one of them lies in ``repository``, the directory that is served, if it is
                on this machine, or a link in there leads to it.

        """
        if repository is not None:
            _refuse_served(directories, repository)
        self.directories = tuple(directories)
        self._passphrase = passphrase

    def present(self, role: str, keyids: Sequence[str]) -> list[CryptoSigner]:
        """Return those of a role's keys that are here.

        Raises:
            InputError: a file cannot be opened as a key.

        """
        return [signer for keyid in keyids for signer in self._with_id(role, keyid)]

    def all_of(self, role: str) -> list[CryptoSigner]:
        """Return every key of a role in the directories, trusted or not.

        Raises:
            InputError: a file cannot be opened as a key.

        """
        found = [path for place in self.directories for path in sorted(place.glob(f"{role}*.pem"))]
        return [self._load(path) for path in found]

    def one(self, role: str, keyids: Sequence[str]) -> CryptoSigner:
        """Return a key of a role.

        Raises:
            InputError: none of them is here.

        """
        signers = self.present(role, keyids)
        if not signers:
            places = ", ".join(map(str, self.directories))
            wanted = " or ".join(key_file_name(role, keyid) for keyid in keyids)
            raise InputError(
                f"the key of role {role} that this repository trusts is not in {places}: "
                f"no {wanted}",
                hint="name the directory with the keys that made this repository with --keys",
            )
        return signers[0]

    def made(self, role: str, directory: Path) -> CryptoSigner:
        """Return the one key of a role in a directory, made if there is none.

        Raises:
            InputError: there are several, so that an older repository uses the directory.
            OutputError: it cannot be written.

        """
        there = sorted(directory.glob(f"{role}-*.pem"))
        if not there:
            return self.make(role, directory)
        if len(there) > 1:
            raise InputError(
                f"{directory} holds several keys of role {role}",
                hint="name an empty directory for the keys of a new repository",
            )
        return self._load(there[0])

    def make(self, role: str, directory: Path) -> CryptoSigner:
        """Make a key of a role, mode 0600, in a directory of mode 0700.

        Raises:
            InputError: the passphrase is too short.
            OutputError: it cannot be written.

        """
        private = Ed25519PrivateKey.generate()
        public = SSlibKey.from_crypto(private.public_key())
        path = directory / key_file_name(role, public.keyid)
        passphrase = self._passphrase(path, new=True)
        if passphrase is not None and len(passphrase) < _LEAST_PASSPHRASE_BYTES:
            raise InputError(
                f"a passphrase of {len(passphrase)} bytes",
                hint=f"take {_LEAST_PASSPHRASE_BYTES} or more: six random words are good",
            )
        data = private.private_bytes(
            Encoding.PEM,
            PrivateFormat.PKCS8,
            NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase),
        )
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(path, data, mode=0o600)
        except OSError as error:
            raise OutputError(
                f"{directory} cannot be written: {error.strerror}",
                hint="make room, or choose another directory for the keys",
            ) from error
        return CryptoSigner(private, public)

    def _with_id(self, role: str, keyid: str) -> Iterator[CryptoSigner]:
        # Repositories of earlier releases have one key a role, without its id in the name.
        names = (key_file_name(role, keyid), f"{role}.pem")
        for path in (directory / name for directory in self.directories for name in names):
            if path.exists():
                signer = self._load(path)
                if signer.public_key.keyid == keyid:
                    yield signer
                    return

    def _load(self, path: Path) -> CryptoSigner:
        try:
            data = read_regular(path, cap_bytes=_CAP_BYTES)
        except OSError as error:
            raise _unusable(path, error) from error
        passphrase = None
        if data.startswith(_ENCRYPTED):
            passphrase = self._passphrase(path, new=False)
            if not passphrase:
                raise InputError(
                    f"{path} is encrypted, and there is no passphrase for it",
                    hint="give it with --passphrase-file, or type it when asked in a terminal",
                )
        try:
            private = load_pem_private_key(data, passphrase)
            return CryptoSigner(private, SSlibKey.from_crypto(private.public_key()))
        except (ValueError, TypeError) as error:
            if passphrase is not None:
                raise InputError(
                    f"{path} does not open with this passphrase",
                    hint="try another one; nothing was signed",
                ) from error
            raise _unusable(path, error) from error


def _refuse_served(directories: Sequence[Path], repository: Path) -> None:
    served, links = repository.resolve(), links_out(repository)
    for directory in directories:
        real = directory.resolve()
        if real.is_relative_to(served):
            raise InputError(
                f"the keys in {directory} would lie in the directory that is served",
                hint="name a directory outside the repository",
            )
        for link, to in links.items():
            if real.is_relative_to(to) or to.is_relative_to(real):
                raise InputError(
                    f"the keys in {directory} may be served: {link} leads to {to}",
                    hint="delete the link; replace the keys with 'server-stub repo rotate-keys' if "
                    "anybody could fetch them",
                )


def _unusable(path: Path, error: Exception) -> InputError:
    return InputError(
        f"{path} is not a usable key: {error}",
        hint="name the directory with the keys that made this repository with --keys",
    )
