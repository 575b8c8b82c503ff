"""What the categories of a report are called, for as long as the log lists it.

A report names its task and numbers its categories; what these numbers mean is gone with the next
quarter's task. So the labels are kept when a report is drawn: they are the publisher's, the same on
every box, and say nothing about what was watched.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.messages import ReportTask, SegmentLabel
from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.fields import Daypart, TaskName
from edgeagent.messages.task_labels import category_names, task_categories
from edgeagent.services.models.installation import NONE_NAME, Installation, InstallationStore
from edgeagent.services.state_store import StateStore
from edgeagent.store import LedgerStore

__all__ = ["NamedCategory", "NamedTask", "NamedTasks"]

_STATE_NAME = "named_tasks"
_MOST_KEPT = 6
"""A year of reports is five at most; one more, so that none of them loses its names first."""
_CAP_BYTES = 1024 * 1024
"""Six manifests' worth of the longest labels that can be published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCategory:
    """One category of a report."""

    name: str
    """In English words."""
    segments: tuple[SegmentLabel, ...]
    daypart: Daypart | None
    is_counted: bool
    """False: no session counts as it, so that what a report says of it is noise alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTask:
    """A report task and its categories, in the order of a report's counts."""

    task: TaskName
    categories: tuple[NamedCategory, ...]


class _Labelled(KeptMessage, frozen=True, kw_only=True):
    task: ReportTask
    segments: tuple[SegmentLabel, ...]


class _LabelledTasks(KeptMessage, frozen=True, kw_only=True):
    tasks: tuple[_Labelled, ...] = ()
    """The latest last."""


class NamedTasks:
    """Names the categories of the present task and of those that were answered."""

    def __init__(self, ledger: LedgerStore, installations: InstallationStore) -> None:
        """Keep the labels of answered tasks in ``ledger``."""
        self._states = StateStore(ledger, _STATE_NAME, _LabelledTasks, cap_bytes=_CAP_BYTES)
        self._installations = installations

    def keep(self, task: ReportTask) -> None:
        """Keep the labels of a task that a report was drawn for; writes once a task.

        Raises:
            StorageError: they could not be written.

        """
        segments = _labels(self._installations.load(), task)
        if segments is None or any(kept.task == task for kept in self._states.load().tasks):
            return
        new = _Labelled(task=task, segments=segments)

        def added(now: _LabelledTasks) -> _LabelledTasks:
            others = [kept for kept in now.tasks if kept.task.name != task.name]
            return _LabelledTasks(tasks=(*others, new)[-_MOST_KEPT:])

        self._states.change(added)

    def find(self, name: TaskName | None = None) -> NamedTask | None:
        """Return the categories of a task by name, or of the present one; ``None``: not known."""
        kept = {one.task.name: one for one in self._states.load().tasks}
        if name in kept:
            return _named(kept[name])
        installed = self._installations.load()
        task = installed.task
        if task is None or name not in {None, task.name}:
            return None
        segments = _labels(installed, task)
        return None if segments is None else _named(_Labelled(task=task, segments=segments))


def _labels(installed: Installation, task: ReportTask) -> tuple[SegmentLabel, ...] | None:
    """Return the labels of the model that assigns a task's segments, if it is one of the two."""
    for manifest in (installed.current, installed.previous):
        if manifest is not None and manifest.model == task.segmenter.model:
            return manifest.segments
    return None


def _named(labelled: _Labelled) -> NamedTask:
    task, segments = labelled.task, labelled.segments
    names = (*(label.name for label in category_names(task, segments)), NONE_NAME)
    return NamedTask(
        task=task.name,
        categories=tuple(
            NamedCategory(
                name=name,
                segments=category.segments,
                daypart=category.daypart,
                is_counted=category.is_counted,
            )
            for name, category in zip(names, task_categories(task, segments), strict=True)
        ),
    )
