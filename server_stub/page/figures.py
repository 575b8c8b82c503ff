"""What the page shows: one message, worked out beside the server and kept until the next.

Numbers that the publication rule forbids are not in it, so that no template can show them.
"""

from __future__ import annotations

from edgeagent.messages import Message, ModelManifest, ReportTask
from server_stub.aggregation.changes import AudienceChange, SegmentChange
from server_stub.aggregation.publication import AudienceEstimate, SegmentEstimate
from server_stub.aggregation.report_progress import ReportProgress
from server_stub.planning.brief import SegmentBrief

__all__ = [
    "NumberedBrief",
    "PageFigures",
    "QuarterFigures",
    "ReleaseInForce",
    "SegmentDescription",
    "WindowFigures",
]


class WindowFigures(Message, frozen=True, kw_only=True):
    """One reporting week."""

    week: int
    reports: int
    final: bool
    """Whether it is closed, so that nothing changes any more."""
    estimate: AudienceEstimate
    """Without segments where the rule forbids them."""
    oddities: tuple[str, ...]
    """What its sums cannot be if every report came from a box, in words."""


class QuarterFigures(Message, frozen=True, kw_only=True):
    """One task: segments keep their meaning for a quarter."""

    task: ReportTask
    estimate: AudienceEstimate
    """All its weeks pooled; without segments where the rule forbids them."""
    windows: tuple[WindowFigures, ...]
    """Ascending."""

    progress: ReportProgress

    def segment(self, category: int) -> SegmentEstimate | None:
        """Return the estimate of a segment; ``None`` where it may not be shown."""
        return next((one for one in self.estimate.segments if one.category == category), None)

    def same_segments(self, other: QuarterFigures) -> bool:
        """Whether a category means the same in both."""
        return (
            self.task.segmenter.model == other.task.segmenter.model
            and self.task.mechanism == other.task.mechanism
            and self.task.categories == other.task.categories
            and self.task.by_group == other.task.by_group
        )

    def is_comparable(self, other: QuarterFigures) -> bool:
        """Whether both may be shown, and a segment means the same in both."""
        shown = self.estimate.segments and other.estimate.segments
        return bool(shown) and self.same_segments(other)


class SegmentDescription(Message, frozen=True, kw_only=True):
    """What a segment is."""

    category: int
    titles: tuple[str, ...]
    """Some of the catalogue's titles that carry its label."""
    title_count: int
    """How many of them there are."""
    closeness: float | None
    """The mean cosine between these titles' vectors and their mean; ``None``: fewer than two."""
    usual_closeness: float | None
    """The same over the whole catalogue."""


class NumberedBrief(Message, frozen=True, kw_only=True):
    """A segment's brief, and its number in the model."""

    segment: int
    brief: SegmentBrief


class ReleaseInForce(Message, frozen=True, kw_only=True):
    """What the signed repository gives to boxes."""

    model_version: str | None
    """Of the model that ranks titles; ``None``: there is none yet."""
    candidate_version: str | None
    """Of the one that some boxes use already."""
    percent: int | None
    """Of the boxes."""
    stopped_models: int
    task_is_stopped: bool
    """Whether no box draws or sends reports on the newest task."""
    releases: int | None
    """How many entries the public list of releases has."""
    list_head: str | None
    """By which two boxes can see that they were shown the same list."""


class PageFigures(Message, frozen=True, kw_only=True):
    """Everything that is worked out for the page."""

    made_at: int
    """Seconds UTC."""
    half_width: float
    """The precision that the page requires, as a share."""
    quarters: tuple[QuarterFigures, ...]
    """Those with reports, newest first."""
    changes: tuple[AudienceChange, ...]
    """From each quarter to the next, where they can be compared; each judged by itself."""
    release: ReleaseInForce | None
    """``None`` where the repository's signatures cannot be read."""
    manifest: ModelManifest | None
    """Of the newest task's model."""
    catalogue_titles: int | None
    """How many the newest task's catalogue has; ``None`` if it cannot be read."""
    descriptions: tuple[SegmentDescription, ...]
    """Of its segments, but not of sensitive ones; empty where a category is a group of them."""
    briefs: tuple[NumberedBrief, ...] = ()
    """Of the newest quarter's segments; empty without a portrait, and where the rule forbids it."""

    def brief(self, number: int) -> SegmentBrief | None:
        """Return the brief of a segment; ``None``: there is none."""
        return next((one.brief for one in self.briefs if one.segment == number), None)

    def quarter(self, wanted: str | None) -> QuarterFigures | None:
        """Return the quarter with that number, else the newest; ``None``: there are no reports."""
        newest = self.quarters[0] if self.quarters else None
        named = (one for one in self.quarters if str(one.task.epoch) == wanted)
        return next(named, newest)

    def before(self, quarter: QuarterFigures) -> QuarterFigures | None:
        """Return the quarter before, if it may be shown and its segments mean the same."""
        earlier = (one for one in self.quarters if one.task.epoch == quarter.task.epoch - 1)
        return next((one for one in earlier if one.is_comparable(quarter)), None)

    def alike(self, quarter: QuarterFigures) -> tuple[QuarterFigures, ...]:
        """Return the quarters in which segments mean the same as in this one, earliest first."""
        return tuple(one for one in reversed(self.quarters) if one.same_segments(quarter))

    def change_of(self, quarter: QuarterFigures, category: int) -> SegmentChange | None:
        """Return how a segment changed since the quarter before."""
        return next(
            (
                one
                for change in self.changes
                if change.after_quarter == quarter.task.epoch
                for one in change.segments
                if one.category == category
            ),
            None,
        )
