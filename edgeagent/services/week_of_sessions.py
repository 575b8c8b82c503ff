"""What was watched in one week, as sessions counted by category; never more than a task may ask."""

from __future__ import annotations

from edgeagent.clock import week_start
from edgeagent.messages import ModelFiles, ReportTask, SegmentRequest
from edgeagent.privacy.values import SegmentCounts
from edgeagent.scoring.protocol import Scorer
from edgeagent.segments.categories import category_of
from edgeagent.store import HistoryStore

__all__ = ["count_sessions"]


def count_sessions(
    history: HistoryStore,
    scorer: Scorer,
    *,
    week: int,
    profiles: tuple[str, ...],
    task: ReportTask,
    files: ModelFiles,
) -> SegmentCounts:
    """Count the sessions of a week by category, those of all profiles together.

    Args:
        history: where viewings are kept; imported ones do not count.
        scorer: runs the task's own segmenter.
        week: which UTC week.
        profiles: whose viewings.
        task: says which categories there are, and which segments count as "none".
        files: the task's segmenter.

    Raises:
        EdgeAgentError: the history does not open, or the segmenter fails.

    """
    viewings = tuple(
        history.between(profile, week_start(week), week_start(week + 1)) for profile in profiles
    )
    categories: tuple[int, ...] = ()
    if any(viewings):
        answer = scorer.segment(SegmentRequest(files=files, profiles=viewings))
        categories = tuple(category_of(segment, task) for segment in answer.segments)
    return SegmentCounts.of(categories, categories=task.categories)
