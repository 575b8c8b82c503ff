"""Showing: a creative that was on the screen, and when, by both clocks."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Instant", "Showing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """One moment, by both clocks."""

    at: int
    """Seconds UTC, by the box's clock."""
    boot_id: str
    boot_seconds: float
    certain: bool
    """Whether the clock was vouched for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """One creative on the screen."""

    crid: str
    advertiser: str
    cat: str
    placement: str
    shown: Instant
