"""The anchor: the length and head of the ledger's chain, stored outside the ledger.

One flipped byte in the last frame of a write-ahead log drops committed rows without a trace, and a
hash chain does not notice a cut tail. So each commit writes length and head of the chain to a small
side file, authenticated under a key derived from the ledger's data key: an *intent* before COMMIT,
*confirmed* after it, and only then is anything acknowledged or sent. A valid chain ends at the
confirmed mark or at the open intent, nowhere else.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Meta

from edgeagent.errors import LedgerBroken, MalformedMessage
from edgeagent.messages.codec import Message, canonical_bytes, decode
from edgeagent.messages.fields import Sha256
from edgeagent.regular_file import read_regular
from edgeagent.store.durable import replace_durably
from edgeagent.store.keys import SecretKey
from edgeagent.store.ownership import foreign_file

__all__ = ["START", "Anchor", "Mark", "Position"]

_CAP_BYTES = 1024
_KEY_PURPOSE = b"edgeagent ledger anchor 1"


class Mark(Message, frozen=True, kw_only=True):
    """A length of the chain and its head, the hash of its last row."""

    length: Annotated[int, Meta(ge=0)]
    head: Sha256


START = Mark(length=0, head="0" * 64)
"""The mark of a ledger that has not been created yet."""


class Position(Message, frozen=True, kw_only=True):
    """The content of the anchor."""

    confirmed: Mark
    intent: Mark | None = None
    """The mark after a commit that was not confirmed and so may or may not have happened."""

    def admits(self, mark: Mark) -> bool:
        """Return whether a chain that ends at ``mark`` is valid."""
        return mark in {self.confirmed, self.intent}


class _AnchorFile(Message, frozen=True, kw_only=True):
    position: Position
    mac: Sha256
    """HMAC-SHA-256 of the canonical position."""


class Anchor:
    """The side file ``ledger.anchor``."""

    def __init__(
        self,
        path: Path,
        data_key: SecretKey,
        *,
        write: Callable[[Path, bytes], None] = replace_durably,
    ) -> None:
        """Store the anchor in ``path``.

        Args:
            path: the file, beside the ledger's database.
            data_key: the ledger's; the authentication key is derived from it (HKDF, RFC 5869).
            write: replaces a file durably; tests simulate a power loss in it.

        """
        self._path = path
        self._key = HKDF(algorithm=SHA256(), length=32, salt=None, info=_KEY_PURPOSE).derive(
            data_key.reveal()
        )
        self._write = write

    def exists(self) -> bool:
        """Return whether the file exists."""
        return self._path.exists()

    def read(self) -> Position:
        """Return the content of the anchor.

        Raises:
            LedgerBroken: it is missing, damaged, or was not written under this ledger's key.

        """
        try:
            data = read_regular(self._path, cap_bytes=_CAP_BYTES)
        except OSError as error:
            raise (
                foreign_file(self._path)
                or LedgerBroken(
                    f"{self._path}: {error.strerror}", hint="restore it with the ledger beside it"
                )
            ) from error
        try:
            stored = decode(data, _AnchorFile, cap_bytes=_CAP_BYTES, canonical=True)
        except MalformedMessage as error:
            raise self._forged() from error
        if not hmac.compare_digest(stored.mac, self._mac(stored.position)):
            raise self._forged()
        return stored.position

    def intend(self, confirmed: Mark, intent: Mark) -> None:
        """Write that the chain ends at ``confirmed`` and is about to move to ``intent``."""
        self._replace(Position(confirmed=confirmed, intent=intent))

    def confirm(self, mark: Mark) -> None:
        """Write that the chain ends at ``mark``."""
        self._replace(Position(confirmed=mark))

    def _replace(self, position: Position) -> None:
        self._write(
            self._path,
            canonical_bytes(_AnchorFile(position=position, mac=self._mac(position))),
        )

    def _mac(self, position: Position) -> str:
        return hmac.new(self._key, canonical_bytes(position), sha256).hexdigest()

    def _forged(self) -> LedgerBroken:
        return LedgerBroken(
            f"{self._path} is damaged or was not written by this box",
            hint="restore it with the ledger beside it",
        )
