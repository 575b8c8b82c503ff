"""The names in a catalogue of creatives, apart from it: the idle service needs no more."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

__all__ = ["CREATIVE_FILE_CAP_BYTES", "CreativeId", "PartyName", "PlacementName"]

CREATIVE_FILE_CAP_BYTES = 256 * 1024
"""Of the catalogue and of each file: a picture for a television screen has 100 to 200 KiB."""
CreativeId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\Z")]
PartyName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\Z")]
"""Of an advertiser, or of a category of products; names of hosts have dots and do not fit."""
PlacementName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}\Z")]
