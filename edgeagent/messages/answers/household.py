"""Answers about the household: its profiles, its private session, how long viewings are kept."""

from __future__ import annotations

from typing import Literal

from edgeagent.messages.codec import Shape

__all__ = [
    "OfProfile",
    "PrivateSessionShape",
    "ProfileLockShape",
    "ProfileShape",
    "RetentionPeriodShape",
]


class OfProfile(Shape, frozen=True, kw_only=True):
    """The profile that an event is about."""

    profile: str
    """Its name."""


class PrivateSessionShape(Shape, frozen=True, kw_only=True):
    """State of the private session."""

    on: bool
    """Whether one is on: nothing is stored, scored or counted."""
    ends_at: int | None
    """When it ends, seconds UTC; null when none is on."""


class ProfileLockShape(Shape, frozen=True, kw_only=True):
    """How the profile lock stands; nothing of its PIN."""

    on: bool
    """Whether there is one."""
    wrong_tries: int
    """How many wrong PINs were tried since the last right one."""
    wait_seconds: int
    """Until the next PIN is compared; 0: at once."""


class ProfileShape(Shape, frozen=True, kw_only=True):
    """A profile of the household."""

    name: str
    """Its name."""
    kind: Literal["adult", "teen", "kid"]
    """Whose it is."""
    active: bool
    """Whether viewings are reported for it now."""
    age_limit: int | None
    """The highest age rating that it is shown, in years; null: what its kind allows."""


class RetentionPeriodShape(Shape, frozen=True, kw_only=True):
    """For how long viewings are kept, and why."""

    days: int
    """In effect now."""
    allowed_days: int
    """The most that the settings allow."""
    chosen_days: int | None
    """What the household chose; null when it chose nothing."""
    asked_days: int
    """In effect if reporting needed nothing."""
    lengthened: bool
    """Whether fewer were asked for than reporting needs, so that more days are in effect."""
