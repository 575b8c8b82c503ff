"""From segment probabilities to a segment, and from a segment to a category of a report.

Plain Python: reporting runs in the resident process, which does not load numpy.
"""

from __future__ import annotations

from collections.abc import Sequence

from edgeagent.messages import ReportTask

__all__ = ["argmax_segment", "category_of"]


def argmax_segment(probabilities: Sequence[float]) -> int:
    """Return the most probable segment; ties go to the lowest id."""
    return max(range(len(probabilities)), key=lambda segment: (probabilities[segment], -segment))


def category_of(segment: int | None, task: ReportTask) -> int:
    """Return the category a session counts as under ``task``.

    A session without a known title, a sensitive segment, and a segment without a category in the
    task count as "none", so that a report never says more than its task allows.
    """
    if segment is None or segment in task.sensitive or not 0 <= segment < task.none_category:
        return task.none_category
    return segment
