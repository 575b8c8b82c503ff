"""TitleVariant: the variant of a recommended title that a household sees; it never leaves a box."""

from __future__ import annotations

from typing import Literal

from edgeagent.messages.codec import Message
from edgeagent.messages.creative_names import CreativeId, PlacementName
from edgeagent.messages.fields import EntityId

__all__ = ["TitleVariant"]


class TitleVariant(Message, frozen=True, kw_only=True):
    """One picture or clip that stands for a title."""

    entity_id: EntityId
    """Of the title."""
    kind: Literal["artwork", "trailer"]
    placement: PlacementName
    """Which form of it."""
    crid: CreativeId
    file: str
    """Path on this box."""
    media_type: str
