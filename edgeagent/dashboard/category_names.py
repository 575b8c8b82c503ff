"""What the categories of a report are called, in the viewer's language."""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.dashboard.segment_names import segment_name
from edgeagent.dashboard.texts import Said, Texts
from edgeagent.messages.answers.reports import CategoryShape, NamedTaskShape

__all__ = ["CategoryName", "category_names"]

_NAMED = 2
"""Segments of a group that are named; more would not fit a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryName:
    """One category as a page names it."""

    said: tuple[Said, ...]
    """Its segments, as far as they are named; none for "none" and for an empty group."""
    more: int
    """How many more segments count as it."""
    ending: str
    """Which part of the day, or what else it is; empty where the segments say everything."""
    is_counted: bool
    """False: what a report says of it is noise alone."""


def category_names(task: NamedTaskShape, texts: Texts) -> tuple[CategoryName, ...]:
    """Return the name of each category of a task, in the order of a report's counts."""
    *others, _ = task.categories
    none = CategoryName(said=(), more=0, ending=texts("group.none"), is_counted=True)
    return (*(_name(category, texts) for category in others), none)


def _name(category: CategoryShape, texts: Texts) -> CategoryName:
    segments, part = category.segments, category.daypart
    endings = () if part is None else (texts(f"group.{part}"),)
    if not segments:
        endings = (texts("group.empty"), *endings)
    return CategoryName(
        said=tuple(segment_name(label, texts) for label in segments[:_NAMED]),
        more=max(0, len(segments) - _NAMED),
        ending=", ".join(endings),
        is_counted=category.is_counted,
    )
