"""What is answered about promos and ads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgeagent.messages.creatives import Creative
from edgeagent.promotion.eligibility import Ineligible
from edgeagent.services.promotions.taste import MatchedSegment

__all__ = ["ChosenCreative", "CreativeReason", "ListedCreative"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenCreative:
    """A creative for one place."""

    creative: Creative
    by: Literal["chance", "taste", "context"]
    file: Path
    """On this box."""
    until: int
    """Until then the same question has the same answer, seconds UTC, unless a cap is reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreativeReason:
    """Why a profile may be shown a creative."""

    creative: Creative
    factor: float
    """Of its weight in places drawn by taste, a half to 2; 1: taste has no part in it."""
    segments: tuple[MatchedSegment, ...]
    """What speaks for it, largest first."""
    titles: tuple[str, ...]
    """Watched titles that shaped the segments; none without ``segments``."""
    why_not: Ineligible | None
    """Why it is not shown now, in its own placement; ``None``: it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCreative:
    """A creative of the catalogue, as it stands for a profile."""

    creative: Creative
    why_not: Ineligible | None
    """Why it is not shown now, in its own placement; ``None``: it may be."""
    shown: int
    """How often it was, as far as that is kept."""
    last_shown_at: int | None
    """Seconds UTC."""
