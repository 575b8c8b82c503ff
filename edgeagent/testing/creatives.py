"""Invented creatives, for tests and the simulator."""

from __future__ import annotations

import msgspec

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS
from edgeagent.messages import SegmentLabel, canonical_bytes, sha256_hex
from edgeagent.messages.creatives import (
    CapRule,
    Creative,
    CreativeAsset,
    CreativeCatalogue,
    Suits,
)
from edgeagent.messages.targets import target_file
from edgeagent.promotion.rules import asset_path
from edgeagent.services.models.creatives import CreativesStore, kept_catalogue
from edgeagent.store.home_files import MODELS_DIRECTORY
from edgeagent.testing.inside import box_context

__all__ = [
    "install_creatives",
    "picture_of",
    "some_catalogue",
    "some_creative",
    "some_labels",
    "some_variant",
]

_GENRES = ("Drama", "Comedy", "Horror", "Sci-Fi", "Western", "Romance", "Fantasy", "Music")


def some_labels(number: int = 8, *, sensitive: tuple[int, ...] = ()) -> tuple[SegmentLabel, ...]:
    """Return the labels of a model's segments, of one genre each."""
    return tuple(
        SegmentLabel(
            name=f"segment {segment}",
            sensitive=segment in sensitive,
            iab=(str(640 + segment % len(_GENRES)),),
            genres=(_GENRES[segment % len(_GENRES)],),
        )
        for segment in range(number)
    )


def picture_of(crid: str) -> bytes:
    """Return the file of a creative: the first bytes of a JPEG, then its name."""
    return b"\xff\xd8\xff\xe0" + crid.encode()


def some_creative(crid: str, *, starts_at: int = 0, **fields: object) -> Creative:
    """Return an ad for everybody that runs for 30 days, with other ``fields`` where given."""
    data = picture_of(crid)
    creative = Creative(
        crid=crid,
        kind="ad",
        advertiser="acme",
        cat="snacks",
        title=f"The {crid}",
        placement="home",
        asset=CreativeAsset(
            path=asset_path(sha256_hex(data), "image/jpeg"),
            sha256=sha256_hex(data),
            length_bytes=len(data),
            media_type="image/jpeg",
        ),
        age_rating=0,
        starts_at=starts_at,
        ends_at=starts_at + 30 * DAY_SECONDS,
        licence="contract 1",
    )
    return msgspec.structs.replace(creative, **fields)


def some_variant(
    crid: str, entity_id: str, *segments: int, starts_at: int = 0, **fields: object
) -> Creative:
    """Return artwork of a title for segments."""
    suits = Suits(segments=segments)
    creative = some_creative(
        crid, starts_at=starts_at, kind="artwork", entity_id=entity_id, suits=suits
    )
    return msgspec.structs.replace(creative, **fields)


def install_creatives(agent: Agent, catalogue: CreativeCatalogue) -> None:
    """Put a catalogue and its files where an update of the box would."""
    home = box_context(agent).home
    models, data = home.directory / MODELS_DIRECTORY, canonical_bytes(catalogue)
    kept = kept_catalogue(models, sha256_hex(data))
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(data)
    for creative in catalogue.creatives:
        target_file(models, creative.asset.path).write_bytes(picture_of(creative.crid))
    CreativesStore(home.ledger).update(sha256=sha256_hex(data))


def some_catalogue(
    *creatives: Creative,
    cap_rules: tuple[CapRule, ...] = (),
    space_id: str | None = None,
    utc_offset_minutes: int = 0,
) -> CreativeCatalogue:
    """Return a catalogue of these creatives."""
    return CreativeCatalogue(
        format=1,
        issued_at=0,
        space_id=space_id,
        utc_offset_minutes=utc_offset_minutes,
        cap_rules=cap_rules,
        creatives=creatives,
    )
