"""Keys: a random data key for each database, wrapped under a key from a provider.

The data key (256 bits, from the operating system) encrypts the database. It is stored in a small
key file, wrapped with AES-256-GCM under the provider's key-encryption key; the additional data
binds the wrapping to the database's and the provider's name, so that neither can be swapped. The
key file names its provider, and another provider is an error, never a silent fallback.
"""

from __future__ import annotations

import hmac
import os
from pathlib import Path
from typing import Annotated, Literal, NoReturn, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Meta

from edgeagent.errors import KeyProviderError, MalformedMessage, WrongKey
from edgeagent.messages.codec import Message, canonical_bytes, decode
from edgeagent.regular_file import read_regular
from edgeagent.store.durable import create_durably, replace_durably
from edgeagent.store.ownership import foreign_file

__all__ = [
    "KEY_BYTES",
    "KeyProvider",
    "SecretKey",
    "create_data_key",
    "key_file_provider",
    "open_data_key",
    "rewrap_data_key",
]

KEY_BYTES = 32
_NONCE_BYTES = 12  # what NIST SP 800-38D, 8.2 recommends for GCM
_CAP_BYTES = 4096


class SecretKey:
    """32 secret bytes that are never printed or pickled, and are compared in constant time."""

    __slots__ = ("_material",)

    def __init__(self, material: bytes) -> None:
        """Hold ``material``.

        Raises:
            KeyProviderError: it is not 32 bytes long. SQLCipher would take anything else for a
                passphrase and derive another key from it.

        """
        if len(material) != KEY_BYTES:
            raise KeyProviderError(
                f"a key has {KEY_BYTES} bytes, this one {len(material)}",
                hint="restore the key from a backup; a store cannot be opened without it",
            )
        self._material = bytes(material)

    @classmethod
    def generate(cls) -> SecretKey:
        """Generate a new key from the operating system's random source."""
        return cls(os.urandom(KEY_BYTES))

    def reveal(self) -> bytes:
        """Return the 32 bytes; for ciphers only."""
        return self._material

    def __repr__(self) -> str:
        """Return a fixed text."""
        return "SecretKey(hidden)"

    def __eq__(self, other: object) -> bool:
        """Compare in constant time."""
        return isinstance(other, SecretKey) and hmac.compare_digest(self._material, other._material)

    __hash__ = None  # type: ignore[assignment]  # a hash would be a fingerprint of the secret

    def __reduce__(self) -> NoReturn:
        """Raise: secrets are not pickled or copied."""
        message = "a SecretKey stays in its process"
        raise TypeError(message)


class KeyProvider(Protocol):
    """Where the key-encryption key comes from."""

    @property
    def name(self) -> str:
        """The name of this kind of provider in key files."""
        ...

    def prepare(self) -> None:
        """Make sure there is a key; called once, when a home is created and nothing is wrapped yet.

        Raises:
            KeyProviderError: there is none and none can be created.

        """
        ...

    def key_encryption_key(self) -> SecretKey:
        """Return the key.

        Raises:
            KeyProviderError: it is unavailable.

        """
        ...

    def erase(self) -> bool:
        """Destroy the key; return false if this kind of provider cannot."""
        ...


class _KeyFile(Message, frozen=True, kw_only=True):
    """A wrapped data key, stored as canonical JSON."""

    format: Literal[1] = 1
    database: Annotated[str, Meta(pattern=r"^[a-z]{1,20}$")]
    provider: Annotated[str, Meta(pattern=r"^[a-z]{1,20}$")]
    nonce: Annotated[str, Meta(pattern=r"^[0-9a-f]{24}$")]
    wrapped_key: Annotated[str, Meta(pattern=r"^[0-9a-f]{96}$")]
    """AES-256-GCM ciphertext and tag."""


def create_data_key(path: Path, *, database: str, provider: KeyProvider) -> SecretKey:
    """Generate a data key for ``database`` and write its key file.

    Raises:
        FileExistsError: there is a key file already, which is left unchanged.
        KeyProviderError, DiskFull: it could not be wrapped or written.

    """
    key = SecretKey.generate()
    create_durably(path, _wrap(key, database=database, provider=provider))
    return key


def open_data_key(path: Path, *, database: str, provider: KeyProvider) -> SecretKey:
    """Unwrap the data key of ``database``.

    Raises:
        KeyProviderError: no key file, a key file of another provider, or no key-encryption key.
        WrongKey: the key-encryption key does not unwrap it, or the key file was altered.

    """
    try:
        data = read_regular(path, cap_bytes=_CAP_BYTES)
    except OSError as error:
        raise (
            foreign_file(path)
            or KeyProviderError(
                f"{path}: {error.strerror}",
                hint="restore the key file from a backup; the database cannot be opened without it",
            )
        ) from error
    try:
        stored = decode(data, _KeyFile, cap_bytes=_CAP_BYTES, canonical=True)
    except MalformedMessage as error:
        raise WrongKey(
            f"{path} is not a key file, or is damaged", hint="restore it from a backup"
        ) from error
    if stored.database != database:
        raise WrongKey(
            f"{path} holds the key of {stored.database!r}, not of {database!r}",
            hint="put the key files back under their own names",
        )
    if stored.provider != provider.name:
        raise KeyProviderError(
            f"{path} was wrapped by provider {stored.provider!r}, not {provider.name!r}",
            hint=f"set key_provider to {stored.provider!r}, or run: edgeagent keys rotate",
        )
    try:
        material = AESGCM(provider.key_encryption_key().reveal()).decrypt(
            bytes.fromhex(stored.nonce),
            bytes.fromhex(stored.wrapped_key),
            _bound_to(database, provider),
        )
    except InvalidTag as error:
        raise WrongKey(
            f"{path} cannot be unwrapped: wrong key-encryption key, or an altered key file",
            hint="use the key it was wrapped with, or restore the key file from a backup",
        ) from error
    return SecretKey(material)


def key_file_provider(path: Path) -> str | None:
    """Return which kind of provider wrapped a key file; ``None`` if it cannot be read."""
    try:
        data = read_regular(path, cap_bytes=_CAP_BYTES)
        return decode(data, _KeyFile, cap_bytes=_CAP_BYTES, canonical=True).provider
    except (OSError, MalformedMessage):
        return None


def rewrap_data_key(
    path: Path, *, database: str, provider: KeyProvider, new_provider: KeyProvider
) -> None:
    """Wrap the same data key under another key-encryption key (rotation, about 200 bytes).

    At any moment exactly one of the two keys unwraps the file, also after a power cut.

    Raises:
        KeyProviderError, WrongKey, DiskFull: the old key file stays.

    """
    key = open_data_key(path, database=database, provider=provider)
    replace_durably(path, _wrap(key, database=database, provider=new_provider))


def _wrap(key: SecretKey, *, database: str, provider: KeyProvider) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    wrapped = AESGCM(provider.key_encryption_key().reveal()).encrypt(
        nonce, key.reveal(), _bound_to(database, provider)
    )
    return canonical_bytes(
        _KeyFile(
            database=database,
            provider=provider.name,
            nonce=nonce.hex(),
            wrapped_key=wrapped.hex(),
        )
    )


def _bound_to(database: str, provider: KeyProvider) -> bytes:
    return canonical_bytes(["edgeagent key file", 1, database, provider.name])
