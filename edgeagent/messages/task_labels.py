"""Names of a task's categories, for boxes and server: segments, or groups of them by daypart.

A group has no name of its own: it is called by the segments in it, so that a reader sees what is
counted together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import UNSET

from edgeagent.messages.fields import Daypart
from edgeagent.messages.manifest import SegmentLabel
from edgeagent.messages.task import DAYPARTS, GroupDayparts, ReportTask

__all__ = ["TaskCategory", "category_names", "plain_label", "task_categories", "zone_name"]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCategory:
    """What counts as one category of a task, for programs that name it in their own words."""

    segments: tuple[SegmentLabel, ...]
    """Sessions of these segments; of none in "none", and in a group that is empty."""
    daypart: Daypart | None
    """In which part of the day they began; ``None``: at any time."""
    is_counted: bool
    """False where no session counts as it, since its segment is sensitive or its group empty: what
    a report says of it is noise alone."""


def task_categories(task: ReportTask, segments: Sequence[SegmentLabel]) -> tuple[TaskCategory, ...]:
    """Return all categories of a task, in the order of a report's counts; the last is "none".

    Args:
        task: says which segment is in which category.
        segments: the labels of its segmenter, as far as they are known.

    """
    labels = _all_labels(task, segments)
    empty = task.empty_categories
    if task.by_group is UNSET:
        kinds: list[tuple[tuple[SegmentLabel, ...], Daypart | None]] = [
            ((label,), None) for label in labels
        ]
    else:
        groups = range(task.none_category // len(DAYPARTS))
        held = [_group_labels(group, task.by_group, task, labels) for group in groups]
        kinds = [(together, daypart) for together in held for daypart in DAYPARTS]
    return (
        *(
            TaskCategory(segments=told, daypart=daypart, is_counted=category not in empty)
            for category, (told, daypart) in enumerate(kinds)
        ),
        TaskCategory(segments=(), daypart=None, is_counted=True),
    )


def _all_labels(task: ReportTask, segments: Sequence[SegmentLabel]) -> list[SegmentLabel]:
    unknown = range(len(segments), task.segments)
    return [*segments, *(plain_label(f"segment {number}") for number in unknown)]


def category_names(task: ReportTask, segments: Sequence[SegmentLabel]) -> tuple[SegmentLabel, ...]:
    """Return the label of each category but the last, "none".

    Args:
        task: says which segment is in which category.
        segments: the labels of its segmenter, as far as they are known.

    """
    labels = _all_labels(task, segments)
    if task.by_group is UNSET:
        return tuple(labels)
    groups = range(task.none_category // len(DAYPARTS))
    return tuple(
        plain_label(f"{name}, {daypart}")
        for name in (_group_name(group, task.by_group, task, labels) for group in groups)
        for daypart in DAYPARTS
    )


def _group_labels(
    group: int, scheme: GroupDayparts, task: ReportTask, labels: Sequence[SegmentLabel]
) -> tuple[SegmentLabel, ...]:
    return tuple(
        labels[segment]
        for segment, own in enumerate(scheme.groups)
        if own == group and segment not in task.sensitive
    )


def _group_name(
    group: int, scheme: GroupDayparts, task: ReportTask, labels: Sequence[SegmentLabel]
) -> str:
    names = [label.name for label in _group_labels(group, scheme, task, labels)]
    if not names:
        return f"group {group}, which is empty"
    named, more = ", ".join(names[:_NAMED])[:_MOST_LETTERS], len(names) - _NAMED
    return f"{named} and {more} more" if more > 0 else named
