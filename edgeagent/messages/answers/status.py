"""Answers about the state of the box and its model."""

from __future__ import annotations

from edgeagent.messages.answers.household import PrivateSessionShape
from edgeagent.messages.codec import Shape

__all__ = ["ModelShape", "StatusShape", "UpdateShape"]


class ModelShape(Shape, frozen=True, kw_only=True):
    """The installed model; fields are null before the first update."""

    model_version: str | None
    """Its version."""
    head: str | None
    """What computes rankings."""
    trained_at: int | None
    """When it was trained, seconds UTC."""
    space_id: str | None
    """Id of its vector space, which segments refer to."""
    segments: int | None
    """Number of its segments."""
    previous_version: str | None
    """What a rollback would go back to."""
    checked_at: int | None
    """When the server was last asked for updates, seconds UTC."""
    task: str | None
    """The report task: what the server asks reports to be like, within the compiled limits."""


class StatusShape(Shape, frozen=True, kw_only=True):
    """State of the box."""

    version: str
    """Of edgeagent."""
    started_at: int
    """When the service started, seconds UTC."""
    now: int
    """The box's time, seconds UTC."""
    time_is_known: bool
    """Whether that time can be trusted."""
    profile: str
    """The active profile."""
    viewings: int
    """Number of its stored viewings."""
    private_session: PrivateSessionShape
    """The private session."""
    model: ModelShape
    """The installed model."""
    waiting_reports: int
    """Number of reports that wait to be sent."""
    failed_counts: int
    """Number of reporting weeks in a row that could not be counted and left as "none"; never
    sent."""
    problems: tuple[str, ...]
    """What keeps the box from working, or has happened to its files and needs attention; 'edgeagent
    doctor' looks deeper. Empty when all is well."""


class UpdateShape(Shape, frozen=True, kw_only=True):
    """Effect of an update."""

    changed: bool
    """Whether model, catalogue or report task changed."""
    model: ModelShape
    """What is installed now."""
