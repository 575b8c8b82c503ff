"""What the categories of a task are called."""

from __future__ import annotations

from edgeagent.services.installation import Installation

__all__ = ["NONE_NAME", "category_names"]

NONE_NAME = "none (nothing watched, sensitive, or unknown)"


def category_names(installation: Installation, *, task: str, categories: int) -> tuple[str, ...]:
    """Return a name for each category of a task.

    Args:
        installation: its model names the segments where the task asks for that model's.
        task: name of the task, as a report carries it.
        categories: S'.

    """
    current, asked = installation.current, installation.task
    if (
        current is not None
        and asked is not None
        and asked.name == task
        and asked.segmenter.model == current.model
        and len(current.segments) == categories - 1
    ):
        return (*(label.name for label in current.segments), NONE_NAME)
    return (*(f"segment {number}" for number in range(categories - 1)), NONE_NAME)
