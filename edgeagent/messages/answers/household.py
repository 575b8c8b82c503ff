"""Answers about the household: its profiles, its private session, how long viewings are kept."""

from __future__ import annotations

from typing import Literal

from edgeagent.messages.codec import Shape

__all__ = ["OfProfile", "PrivateSessionShape", "ProfileShape", "RetentionPeriodShape"]


class OfProfile(Shape, frozen=True, kw_only=True):
    """Whose."""

    profile: str


class PrivateSessionShape(Shape, frozen=True, kw_only=True):
    """Whether the box is looking away, and until when."""

    on: bool
    ends_at: int | None


class ProfileShape(Shape, frozen=True, kw_only=True):
    """One of the household."""

    name: str
    kind: Literal["adult", "teen", "kid"]
    active: bool


class RetentionPeriodShape(Shape, frozen=True, kw_only=True):
    """How long viewings are kept, and why."""

    days: int
    allowed_days: int
    """What the settings allow at most."""
    chosen_days: int | None
    """What the household chose."""
    lengthened: bool
    """Whether less was chosen than reporting needs."""
