"""Fetch the creatives: the catalogue, then its files in its order, as far as a day's bytes allow.

Nothing here asks for a consent or a profile: which files a box fetches, and when, follows from what
is published and what it has fetched before. So the network tells nothing about who is shown what.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from edgeagent.clock import DAY_SECONDS
from edgeagent.errors import MalformedMessage, NetworkError, UpdateRefused
from edgeagent.messages import TargetReference, sha256_hex
from edgeagent.messages.creative_names import CREATIVE_FILE_CAP_BYTES
from edgeagent.messages.creatives import CreativeCatalogue, decode_creatives
from edgeagent.messages.fields import CreativesChange
from edgeagent.messages.release_list import decode_releases
from edgeagent.messages.targets import (
    CREATIVES_ROLE,
    CREATIVES_TARGET,
    RELEASES_TARGET,
    target_file,
)
from edgeagent.promotion.limits import DAY_BYTES
from edgeagent.promotion.rules import require_sound
from edgeagent.services.models.creative_files import creative_files
from edgeagent.services.models.creatives import (
    CreativeLibrary,
    CreativesState,
    CreativesStore,
    kept_catalogue,
)
from edgeagent.store import Home
from edgeagent.store.durable import replace_durably
from edgeagent.store.home_files import MODELS_DIRECTORY

if TYPE_CHECKING:
    from edgeagent.network.repository import Repository

__all__ = ["fetch_creatives"]


def fetch_creatives(repository: Repository, home: Home, *, now: int) -> CreativesChange:
    """Fetch what is published of creatives; a failure leaves what was there and is noted.

    Args:
        repository: refreshed.
        home: of the box; its history stays closed.
        now: seconds UTC.

    Returns:
        What changed here.

    Raises:
        DiskFull: there is no room.

    """
    store, models = CreativesStore(home.ledger), home.directory / MODELS_DIRECTORY
    before = creative_files(models)
    _fetch_published(repository, store, models, now=now)
    if creative_files(models) == before:
        return "none"
    library = CreativeLibrary(store, models).catalogue()
    return "fetched" if library is not None and library.creatives else "taken_back"


def _fetch_published(
    repository: Repository, store: CreativesStore, models: Path, *, now: int
) -> None:
    first = target_file(models, CREATIVES_TARGET)
    try:
        data = repository.find(CREATIVES_TARGET, most_bytes=CREATIVE_FILE_CAP_BYTES)
        if data is None:
            store.update(sha256=None, refused=None)
            _remove_others(models, frozenset())
            return
        catalogue = decode_creatives(data)
        require_sound(catalogue)
        _require_listed(repository, sha256_hex(data))
        kept = kept_catalogue(models, sha256_hex(data))
        kept.parent.mkdir(parents=True, exist_ok=True)
        replace_durably(kept, data)
        store.update(sha256=sha256_hex(data), refused=None)
        _remove_others(models, frozenset({first, kept, *_files(models, catalogue)}))
        _fetch_files(repository, store, models, catalogue, day=now // DAY_SECONDS)
    except (NetworkError, MalformedMessage) as error:  # promos never hold up a model or a task
        store.update(refused=str(error))


def _require_listed(repository: Repository, sha256: str) -> None:
    """Refuse a catalogue that only some boxes may be shown; it names its files by their hashes."""
    listed = repository.find(RELEASES_TARGET)
    if listed is None:
        return  # a repository that keeps no list; the update has refused it if it ever kept one
    entries = decode_releases(listed).entries
    files = {(entry.name, entry.sha256) for entry in entries if entry.kind == "file"}
    if (CREATIVES_TARGET, sha256) not in files or repository.in_force(
        CREATIVES_ROLE
    ) not in entries:
        raise UpdateRefused(
            "the list of releases does not name these creatives",
            hint="other boxes may be shown others; 'server-stub repo log' tells what is published",
        )


def _fetch_files(
    repository: Repository,
    store: CreativesStore,
    models: Path,
    catalogue: CreativeCatalogue,
    *,
    day: int,
) -> None:
    """Fetch the files that are missing, until the next would exceed a day's bytes.

    Raises:
        UpdateRefused: one is not what was signed; those after it were fetched all the same.
        NetworkError: one cannot be fetched.

    """
    wrong: list[str] = []
    for creative in catalogue.creatives:
        asset = creative.asset
        here = target_file(models, asset.path).is_file()
        if not here and not _spend(store, asset.length_bytes, day=day):
            break
        named = TargetReference(
            path=asset.path, sha256=asset.sha256, length_bytes=asset.length_bytes
        )
        try:
            repository.ensure(named)
        except UpdateRefused as error:
            wrong.append(f"{asset.path}: {error}")
    if wrong:
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise UpdateRefused(f"{wrong[0]}{more}", hint="the publisher has to publish them again")


def _spend(store: CreativesStore, length_bytes: int, *, day: int) -> bool:
    """Take bytes from a day's allowance, before they are fetched; return whether they are left.

    A clock set back finds the allowance of a later day and gets no new one.
    """
    taken = False

    def spent(now: CreativesState) -> CreativesState:
        nonlocal taken
        used = now.bytes_of_day if day <= now.day else 0
        taken = used + length_bytes <= DAY_BYTES
        if not taken:
            return now
        return msgspec.structs.replace(now, day=max(day, now.day), bytes_of_day=used + length_bytes)

    store.change(spent)
    return taken


def _files(models: Path, catalogue: CreativeCatalogue) -> Iterator[Path]:
    return (target_file(models, creative.asset.path) for creative in catalogue.creatives)


def _remove_others(models: Path, wanted: frozenset[Path]) -> None:
    """Delete files of earlier catalogues, so that no more are kept than one catalogue names."""
    for path in target_file(models, CREATIVES_TARGET).parent.glob(f"{CREATIVES_ROLE}%2F*"):
        if path not in wanted:
            with suppress(OSError):  # the next fetch tries again
                path.unlink()
