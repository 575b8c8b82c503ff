"""Which function makes which chapter."""

from __future__ import annotations

from edgeagent.simulator.chapters import ChapterName
from edgeagent.simulator.chapters.artwork import artwork_chapter
from edgeagent.simulator.chapters.chapter import Chapter, Ground
from edgeagent.simulator.chapters.drift import drift_chapter
from edgeagent.simulator.chapters.plan import plan_chapter
from edgeagent.simulator.chapters.promo import promo_chapter

__all__ = ["write_chapter"]


def write_chapter(name: ChapterName, ground: Ground) -> Chapter:
    """Make one chapter; the same ground gives the same."""
    match name:  # without a default, so that mypy asks for a chapter that is added
        case "promo":
            return promo_chapter(ground)
        case "artwork":
            return artwork_chapter(ground)
        case "plan":
            return plan_chapter(ground)
        case "drift":
            return drift_chapter(ground)
