"""Names of a task's categories, for boxes and server: segments, or groups of them by daypart.

A group has no name of its own: it is called by the segments in it, so that a reader sees what is
counted together.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET

from edgeagent.messages.manifest import SegmentLabel
from edgeagent.messages.task import DAYPARTS, GroupDayparts, ReportTask

__all__ = ["category_names", "plain_label", "zone_name"]

_NAMED = 2
"""Segments of a group that are named; more would not fit a line."""
_MOST_LETTERS = 170
"""Of a group, so that its name with a part of the day is a :data:`~.fields.ShortText`."""


def plain_label(name: str) -> SegmentLabel:
    """Return a label that has a name and nothing else."""
    return SegmentLabel(name=name, sensitive=False, iab=())


def zone_name(utc_offset_minutes: int) -> str:
    """Return the name of a zone.

    >>> zone_name(-210)
    'UTC-03:30'
    """
    hours, minutes = divmod(abs(utc_offset_minutes), 60)
    return f"UTC{'-' if utc_offset_minutes < 0 else '+'}{hours:02}:{minutes:02}"


def category_names(task: ReportTask, segments: Sequence[SegmentLabel]) -> tuple[SegmentLabel, ...]:
    """Return the label of each category but the last, "none".

    Args:
        task: says which segment is in which category.
        segments: the labels of its segmenter, as far as they are known.

    """
    unknown = range(len(segments), task.segments)
    labels = [*segments, *(plain_label(f"segment {number}") for number in unknown)]
    if task.by_group is UNSET:
        return tuple(labels)
    groups = range(task.none_category // len(DAYPARTS))
    return tuple(
        plain_label(f"{name}, {daypart}")
        for name in (_group_name(group, task.by_group, task, labels) for group in groups)
        for daypart in DAYPARTS
    )


def _group_name(
    group: int, scheme: GroupDayparts, task: ReportTask, labels: Sequence[SegmentLabel]
) -> str:
    names = [
        labels[segment].name
        for segment, own in enumerate(scheme.groups)
        if own == group and segment not in task.sensitive
    ]
    if not names:
        return f"group {group}, which is empty"
    named, more = ", ".join(names[:_NAMED])[:_MOST_LETTERS], len(names) - _NAMED
    return f"{named} and {more} more" if more > 0 else named
