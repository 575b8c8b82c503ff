"""Answers about stored viewings, titles and the marks on them."""

from __future__ import annotations

from typing import Literal

from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import EntityId, Seconds

__all__ = [
    "AppShape",
    "Changed",
    "Cursor",
    "Forgotten",
    "HistoryCountsShape",
    "HistoryShape",
    "MarkShape",
    "TitleShape",
    "ViewingShape",
]


class Cursor(Shape, frozen=True, kw_only=True):
    """The last viewing of a page, where the next page continues."""

    watched_on: Seconds
    """Its start, seconds UTC."""
    entity_id: EntityId
    """Its title."""


class ViewingShape(Shape, frozen=True, kw_only=True):
    """One stored viewing."""

    entity_id: str
    """Id of the title."""
    title: str
    """Name of the title; its id where the catalogue does not hold it."""
    known: bool
    """Whether the catalogue holds it; a title it does not hold has no weight in rankings."""
    watched_on: int
    """Start of the viewing, seconds UTC."""
    progress_fraction: float | None
    """How much was watched, 0 to 1; null when it was told in seconds or not at all."""
    progress_seconds: int | None
    """How much was watched; null when it was told as a fraction or not at all."""
    completed: bool
    """Whether it was watched to the end."""


class HistoryShape(Shape, frozen=True, kw_only=True):
    """A page of viewings."""

    profile: str
    """Whose."""
    count: int
    """Number of all stored viewings of the profile, whatever was searched for."""
    viewings: tuple[ViewingShape, ...]
    """Newest first."""
    next: Cursor | None
    """Where the next page begins; null when there is none."""


class HistoryCountsShape(Shape, frozen=True, kw_only=True):
    """How many viewings lie between moments."""

    profile: str
    """Whose."""
    counts: tuple[int, ...]
    """Those that began before the first edge, between each edge and the next, from the last on."""


class AppShape(Shape, frozen=True, kw_only=True):
    """What one app told of a profile, as far as it is kept."""

    kind: Literal["user", "label", "websocket", "none"]
    """``user``: apps of a user, on the unix socket; ``label``: an app that the platform labelled in
    its address; ``websocket``: any other app there; ``none``: no app, such as an import."""
    name: str | None
    """Of the user, or the label."""
    viewings: int
    """How many viewings it told of."""
    first_on: int | None
    """Start of the earliest of them, seconds UTC; null while the time is unknown."""
    last_on: int | None
    """Start of the latest of them."""


class TitleShape(Shape, frozen=True, kw_only=True):
    """A title of the catalogue; the catalogue is the same on every box."""

    entity_id: str
    """Its id."""
    title: str
    """Its name."""
    kind: str
    """``film``, ``series`` or ``episode``."""
    year: int | None
    """Of its release, where known."""
    genres: tuple[str, ...]
    """Its genres."""


class MarkShape(Shape, frozen=True, kw_only=True):
    """A mark that a profile has set on a title."""

    entity_id: str
    """Id of the title."""
    title: str
    """Its name; its id where the catalogue does not hold it."""
    mark: Literal["hidden", "not_reason"]
    """``hidden``: never recommended; ``not_reason``: no weight in rankings."""
    marked_at: int
    """When, seconds UTC."""


class Forgotten(Shape, frozen=True, kw_only=True):
    """Effect of ``forget`` and ``forgetSpan``."""

    deleted: int
    """How many viewings were deleted."""


class Changed(Shape, frozen=True, kw_only=True):
    """Effect of undoing a mark."""

    changed: bool
    """Whether there was such a mark."""
