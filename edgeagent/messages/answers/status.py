"""Answers about the box: how it stands, and which model it has."""

from __future__ import annotations

from edgeagent.messages.answers.household import PrivateSessionShape
from edgeagent.messages.codec import Shape

__all__ = ["ModelShape", "StatusShape", "UpdateShape"]


class ModelShape(Shape, frozen=True, kw_only=True):
    """What is installed; null before the first update."""

    model_version: str | None
    head: str | None
    trained_at: int | None
    space_id: str | None
    segments: int | None
    previous_version: str | None
    """What a rollback would go back to."""
    checked_at: int | None
    """When the server was last asked for updates."""
    task: str | None
    """What the server asks reports to be like, within the compiled limits."""


class StatusShape(Shape, frozen=True, kw_only=True):
    """How the box stands."""

    version: str
    started_at: int
    now: int
    time_is_known: bool
    profile: str
    viewings: int
    private_session: PrivateSessionShape
    model: ModelShape
    waiting_reports: int
    failed_counts: int
    """Reporting weeks in a row that could not be counted and left as "none"; never sent."""
    problems: tuple[str, ...]
    """What makes the box stand still, or happened to its files until somebody has seen to it;
    'edgeagent doctor' looks deeper. Empty when all is well."""


class UpdateShape(Shape, frozen=True, kw_only=True):
    """What an update brought."""

    changed: bool
    model: ModelShape
