"""From segment probabilities to a segment, and from a segment to a category of a report.

Plain Python: reporting runs in the resident process, which does not load numpy.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET

from edgeagent.clock import DAY_SECONDS
from edgeagent.messages import ReportTask
from edgeagent.messages.task import DAYPARTS

__all__ = ["argmax_segment", "category_of", "daypart_of"]


def argmax_segment(probabilities: Sequence[float]) -> int:
    """Return the most probable segment; ties go to the lowest id."""
    return max(range(len(probabilities)), key=lambda segment: (probabilities[segment], -segment))


def daypart_of(moment: int, *, utc_offset_minutes: int) -> int:
    """Return the place in ``DAYPARTS`` of a moment, seconds UTC, in a zone."""
    local = (moment + 60 * utc_offset_minutes) % DAY_SECONDS
    return local * len(DAYPARTS) // DAY_SECONDS


def category_of(segment: int | None, task: ReportTask, *, started_on: int) -> int:
    """Return the category a session counts as under ``task``.

    A session without a known title, a sensitive segment, and a segment without a category in the
    task count as "none", so that a report never says more than its task allows.

    Args:
        segment: of the session; ``None`` if no title of it is known.
        task: defines the categories.
        started_on: when the session began, seconds UTC; used only where the scheme tells it.

    """
    if segment is None or segment in task.sensitive or not 0 <= segment < task.segments:
        return task.none_category
    if task.by_group is UNSET:
        return segment
    daypart = daypart_of(started_on, utc_offset_minutes=task.by_group.utc_offset_minutes)
    return len(DAYPARTS) * task.by_group.groups[segment] + daypart
