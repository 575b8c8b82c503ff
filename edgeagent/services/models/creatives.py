"""The creatives on this box: which catalogue was fetched, and which of its files are here.

What is fetched depends on what is published and on the day alone, so every box fetches the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from edgeagent.errors import MalformedMessage
from edgeagent.messages import sha256_hex
from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.creative_names import CREATIVE_FILE_CAP_BYTES
from edgeagent.messages.creatives import Creative, CreativeCatalogue, decode_creatives
from edgeagent.messages.fields import Sha256
from edgeagent.messages.targets import CREATIVES_ROLE, target_file
from edgeagent.promotion.rules import require_sound
from edgeagent.regular_file import read_regular
from edgeagent.services.state_store import StateStore
from edgeagent.store import LedgerStore

__all__ = ["CreativeLibrary", "CreativesState", "CreativesStore", "kept_catalogue"]

_STATE_NAME = "creatives"
_CAP_BYTES = 4096


class CreativesState(KeptMessage, frozen=True, kw_only=True):
    """What was fetched; stored in the ledger, so that a changed file is noticed."""

    sha256: Sha256 | None = None
    """Of the catalogue in use; ``None``: none was published."""
    day: Annotated[int, Meta(ge=0)] = 0
    """The UTC day of ``bytes_of_day``, counted from 1970-01-01."""
    bytes_of_day: Annotated[int, Meta(ge=0)] = 0
    refused: str | None = None
    """Why the catalogue that was last published is not the one in use."""


class CreativesStore(StateStore[CreativesState]):
    """Stores what was fetched."""

    def __init__(self, ledger: LedgerStore) -> None:
        """Store it in ``ledger``."""
        super().__init__(ledger, _STATE_NAME, CreativesState, cap_bytes=_CAP_BYTES)


def kept_catalogue(models: Path, sha256: str) -> Path:
    """Return where a catalogue is kept that was accepted: the next one may be refused."""
    return target_file(models, f"{CREATIVES_ROLE}/{sha256}.json")


class CreativeLibrary:
    """Reads the catalogue in use, and the files that are here."""

    def __init__(self, store: CreativesStore, models: Path) -> None:
        """Read below ``models``, the directory of all targets."""
        self._store = store
        self._models = models
        self._sha256: str | None = None
        self._catalogue: CreativeCatalogue | None = None

    def catalogue(self) -> CreativeCatalogue | None:
        """Return the catalogue; ``None``: there is none, or its file is not what was fetched."""
        wanted = self._store.load().sha256
        if wanted is None:
            self.release()
        elif wanted != self._sha256:
            self._catalogue, self._sha256 = self._read(wanted), wanted
        return self._catalogue

    def path(self, creative: Creative) -> Path:
        """Return where a creative's file is, or will be."""
        return target_file(self._models, creative.asset.path)

    def has(self, creative: Creative) -> bool:
        """Return whether a file of the right size is here; :meth:`is_whole` reads it."""
        try:
            return self.path(creative).stat().st_size == creative.asset.length_bytes
        except OSError:
            return False

    def is_whole(self, creative: Creative) -> bool:
        """Return whether the file is here, and is the one that was signed."""
        try:
            data = read_regular(self.path(creative), cap_bytes=CREATIVE_FILE_CAP_BYTES)
        except OSError:
            return False
        return sha256_hex(data) == creative.asset.sha256

    def release(self) -> None:
        """Free the catalogue's memory until it is read again."""
        self._catalogue, self._sha256 = None, None

    def _read(self, wanted: str) -> CreativeCatalogue | None:
        path = kept_catalogue(self._models, wanted)
        try:
            data = read_regular(path, cap_bytes=CREATIVE_FILE_CAP_BYTES)
            if sha256_hex(data) != wanted:
                return None  # it changed on disk
            catalogue = decode_creatives(data)
            require_sound(catalogue)
        except (OSError, MalformedMessage):
            return None
        return catalogue
