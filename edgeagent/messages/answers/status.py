"""Answers about the state of the box and its model."""

from __future__ import annotations

from edgeagent.messages.answers.household import PrivateSessionShape
from edgeagent.messages.codec import Shape

__all__ = [
    "ConflictShape",
    "ModelShape",
    "ReleasesShape",
    "RolloutShape",
    "StatusShape",
    "UpdateShape",
]


class RolloutShape(Shape, frozen=True, kw_only=True):
    """A new model that only some boxes put into use yet."""

    model_version: str
    """Its version."""
    percent: int
    """How many of 100 boxes use it."""
    chosen: bool
    """Whether this box is one of them, by a number that it drew for itself and never tells."""


class ReleasesShape(Shape, frozen=True, kw_only=True):
    """The list of everything that was published, as this box was shown it; compare two boxes."""

    list_id: str
    """Named by the signed root."""
    length: int
    """Number of its entries."""
    head: str
    """SHA-256 over all of them."""
    accepted_at: int
    """Since when this list is followed, seconds UTC."""
    earlier_id: str | None
    """The list before, if it was replaced by one that is signed with the root keys."""


class ConflictShape(Shape, frozen=True, kw_only=True):
    """Why nothing is installed or reported: what is shown contradicts what was shown before."""

    at: int
    """When it was noticed, seconds UTC."""
    reason: str
    """In English words."""


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
    model_stopped: bool
    """Whether its publisher has stopped the installed model: another ranks, or popular titles."""
    task_stopped: bool
    """Whether its publisher has stopped the report task: nothing is drawn or sent for it."""
    rollout: RolloutShape | None
    """The model that is being rolled out."""
    releases: ReleasesShape | None
    """Null while the repository keeps no list."""
    conflict: ConflictShape | None
    """Null while nothing contradicts that list."""


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
    quarter_is_new: bool
    """Whether a quarter has ended whose page nobody was shown; see ``quarter``."""
    problems: tuple[str, ...]
    """What keeps the box from working, or has happened to its files and needs attention; 'edgeagent
    doctor' looks deeper. Empty when all is well."""


class UpdateShape(Shape, frozen=True, kw_only=True):
    """Effect of an update."""

    changed: bool
    """Whether model, catalogue or report task changed, or promos, ads or artwork did."""
    model: ModelShape
    """What is installed now."""
