"""Answers about what is kept: viewings, titles, and what was said of them."""

from __future__ import annotations

from typing import Literal

from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import EntityId, Seconds

__all__ = [
    "Changed",
    "Cursor",
    "Forgotten",
    "HistoryShape",
    "MarkShape",
    "TitleShape",
    "ViewingShape",
]


class Cursor(Shape, frozen=True, kw_only=True):
    """The last viewing of the page before."""

    watched_on: Seconds
    entity_id: EntityId


class ViewingShape(Shape, frozen=True, kw_only=True):
    """One viewing."""

    entity_id: str
    title: str
    """The entity id where the catalogue does not know it."""
    known: bool
    """Whether the catalogue holds it; what it does not hold carries no weight."""
    watched_on: int
    progress_fraction: float | None
    progress_seconds: int | None
    completed: bool


class HistoryShape(Shape, frozen=True, kw_only=True):
    """A page, and where the next one begins."""

    profile: str
    count: int
    """Of all viewings kept, whatever was searched for."""
    viewings: tuple[ViewingShape, ...]
    next: Cursor | None


class TitleShape(Shape, frozen=True, kw_only=True):
    """A title of the catalogue, which is the same on every box."""

    entity_id: str
    title: str
    kind: str
    year: int | None
    genres: tuple[str, ...]


class MarkShape(Shape, frozen=True, kw_only=True):
    """What a profile has said of a title."""

    entity_id: str
    title: str
    mark: Literal["hidden", "not_reason"]
    marked_at: int


class Forgotten(Shape, frozen=True, kw_only=True):
    """How many viewings were deleted."""

    deleted: int


class Changed(Shape, frozen=True, kw_only=True):
    """Whether there was something to change."""

    changed: bool
