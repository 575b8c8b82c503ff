"""What is installed in a box: two model slots, the report task, and the evidence of the time.

It is stored in the encrypted ledger database. A process that can only write to the models directory
cannot make the box use other files: each file is named here by hash and checked when loaded.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Self

import msgspec
from msgspec import Meta

from edgeagent.errors import EdgeAgentError, LedgerBroken, NoModel
from edgeagent.messages import ModelFiles, ModelManifest, ReportTask, SegmentLabel, TargetReference
from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.fields import Seconds, Sha256, TaskName
from edgeagent.messages.targets import target_file
from edgeagent.messages.task_labels import category_names, plain_label
from edgeagent.services.models.kept_files import kept_file
from edgeagent.services.models.release_watch import ReleasesConflict, ReleaseWatch
from edgeagent.services.state_store import StateStore
from edgeagent.services.timekeeping.device_clock import DeviceClock, TimeEvidence
from edgeagent.store import LedgerStore

__all__ = [
    "NONE_NAME",
    "Installation",
    "InstallationStore",
    "RefusedModel",
    "RolloutDraw",
    "RolloutSeen",
    "UnreadManifest",
    "UpdateTrouble",
    "category_labels",
]

_STATE_NAME = "installation"
_CAP_BYTES = 512 * 1024


class RefusedModel(KeptMessage, frozen=True, kw_only=True):
    """A model that is not used, and the reason."""

    model_sha256: Sha256
    model_version: str
    reason: str
    at: Seconds
    lasting: bool
    """Whether it stays refused until another model is published. A model that lost the quality
    comparison is compared again at the next update, when there are more viewings to compare on."""

    @classmethod
    def of(cls, manifest: ModelManifest, *, reason: str, at: int, lasting: bool) -> Self:
        """Return the record of why a model is not used."""
        return cls(
            model_sha256=manifest.model.sha256,
            model_version=manifest.model_version,
            reason=reason,
            at=at,
            lasting=lasting,
        )


class UnreadManifest(KeptMessage, frozen=True, kw_only=True):
    """A published manifest that could not be read, so that its model is unknown."""

    reason: str
    at: Seconds


class UpdateTrouble(KeptMessage, frozen=True, kw_only=True):
    """Why updates fail, since the last one that did not."""

    reason: str
    hint: str
    """What to do about it."""
    since: Seconds


class RolloutDraw(KeptMessage, frozen=True, kw_only=True):
    """The number of this box for a model that is being rolled out; it never leaves."""

    candidate_sha256: Sha256
    """Of the candidate's manifest."""
    number: Annotated[int, Meta(ge=0, lt=100)]


class RolloutSeen(KeptMessage, frozen=True, kw_only=True):
    """The rollout that goes on, and this box's part in it."""

    model_version: str
    """Of the candidate."""
    percent: int
    number: int
    """See :class:`RolloutDraw`."""

    @property
    def chosen(self) -> bool:
        """Whether this box is to use the candidate."""
        return self.number < self.percent


class Installation(KeptMessage, frozen=True, kw_only=True):
    """The present state; replaced as a whole."""

    current: ModelManifest | None = None
    previous: ModelManifest | None = None
    failures: Annotated[int, Meta(ge=0)] = 0
    """How often the active model has failed since it last worked."""
    last_failure: str | None = None
    refused: RefusedModel | None = None
    """The last model that was refused, given up or rolled back."""
    unread: UnreadManifest | None = None
    """What was published at the last update, if it was no manifest."""
    segment_task: ReportTask | None = msgspec.field(default=None, name="task")
    """The report task, if it counts by segment."""
    task_by_group: ReportTask | None = None
    """The report task, if it counts by group and daypart. Firmware of before there was a choice
    refuses the whole record for such a task in the field that it knows; this one it leaves alone,
    so that it has no task, reports nothing, and goes on recommending."""
    stopped_models: tuple[Sha256, ...] = ()
    """SHA-256 of the model files that the publisher has stopped: none of them ranks here."""
    stopped_tasks: tuple[TaskName, ...] = ()
    """Report tasks for which nothing is drawn or sent."""
    rollout: RolloutSeen | None = None
    """The model that is being rolled out, whether or not this box uses it."""
    draws: tuple[RolloutDraw, ...] = ()
    """The last candidates' numbers, the newest last."""
    releases: ReleaseWatch = ReleaseWatch()
    checked_at: Seconds | None = None
    """When metadata verified last."""
    trouble: UpdateTrouble | None = None
    """``None``: the last update succeeded."""
    time: TimeEvidence = TimeEvidence()

    @property
    def task(self) -> ReportTask | None:
        """The report task; ``None``: there is none yet."""
        return self.segment_task or self.task_by_group  # the first may come from older firmware

    def with_task(self, task: ReportTask | None) -> Installation:
        """Return it with another report task."""
        by_group = task is not None and task.scheme != "segment"
        return msgspec.structs.replace(
            self,
            segment_task=None if by_group else task,
            task_by_group=task if by_group else None,
        )

    @property
    def conflict(self) -> ReleasesConflict | None:
        """Why nothing is installed or reported; ``None``: nothing stands against it."""
        return self.releases.conflict

    def is_stopped(self, manifest: ModelManifest) -> bool:
        """Return whether the publisher has stopped a model."""
        return manifest.model.sha256 in self.stopped_models

    @property
    def task_is_stopped(self) -> bool:
        """Whether the publisher has stopped the report task."""
        return self.task is not None and self.task.name in self.stopped_tasks

    def swapped(self) -> Installation:
        """Return it with the two slots swapped, if there is a previous model."""
        if self.previous is None:
            return self
        return msgspec.structs.replace(
            self, current=self.previous, previous=self.current, failures=0, last_failure=None
        )


class InstallationStore(StateStore[Installation]):
    """Stores the installation, empty until the first update, and locates its files."""

    def __init__(self, ledger: LedgerStore, models: Path) -> None:
        """Store the state in ``ledger``; target files are in ``models``/targets."""
        super().__init__(ledger, _STATE_NAME, Installation, cap_bytes=_CAP_BYTES)
        self.models = models

    def tell_time(self, clock: DeviceClock) -> None:
        """Give a clock the stored time evidence, or the ledger chain's if that is later."""
        stored = self.load().time
        seen = max(stored.last_seen, self._ledger.last_known_time())
        clock.take_in(msgspec.structs.replace(stored, last_seen=seen))

    def learn_time(self, clock: DeviceClock, *, issued_at: int, vouched_until: int) -> Installation:
        """Store a freshly verified timestamp, merged with what another process has stored.

        Where clock and timestamp agree, this is recorded in the ledger. Models are updated even if
        the ledger is broken, since it then grants and reports nothing.

        Returns:
            The installation.

        """

        def checked(now: Installation) -> Installation:
            clock.take_in(now.time)
            learned = clock.learn(issued_at=issued_at, vouched_until=vouched_until)
            return msgspec.structs.replace(now, time=learned, checked_at=clock.now())

        installed = self.change(checked)
        if clock.is_known():
            with suppress(LedgerBroken):
                self._ledger.note_known_time(clock.now())
        return installed

    def note_trouble(self, error: EdgeAgentError, *, at: int) -> None:
        """Record why updates fail; writes nothing while the hint is the same."""
        trouble = self.load().trouble
        if trouble is None or trouble.hint != error.hint:
            trouble = UpdateTrouble(reason=str(error), hint=error.hint, since=at)
            self.update(trouble=trouble)

    def end_trouble(self) -> None:
        """Record that an update succeeded."""
        if self.load().trouble is not None:
            self.update(trouble=None)

    def manifest(self) -> ModelManifest:
        """Return the manifest of the active model.

        Raises:
            NoModel: none has been downloaded, or the only one was stopped before.

        """
        now = self.load()
        if now.current is None and now.stopped_models:
            raise NoModel(
                "no model is installed, and those that the publisher has stopped "
                f"({len(now.stopped_models)}) are not used",
                hint="where it offers no other, wait until it does; 'edgeagent model update' asks",
            )
        if now.current is None:
            raise NoModel("no model has been downloaded yet", hint="edgeagent model update")
        return now.current

    def list_seen(self) -> tuple[str, int] | None:
        """Return id and length of the list of releases seen last."""
        seen = self.load().releases.seen
        return None if seen is None else (seen.list_id, seen.length)

    def files(self, model: TargetReference, catalogue: TargetReference) -> ModelFiles:
        """Return the paths and hashes of a model and its catalogue."""
        return ModelFiles(
            model_path=str(self.path(model)),
            model_sha256=model.sha256,
            catalogue_path=str(self.path(catalogue)),
            catalogue_sha256=catalogue.sha256,
        )

    def has_segmenter(self, task: ReportTask) -> bool:
        """Return whether the model and catalogue that assign a task's segments are here."""
        references = (task.segmenter.model, task.segmenter.catalogue)
        return all(self.path(reference).is_file() for reference in references)

    def path(self, reference: TargetReference) -> Path:
        """Return the path of a target: where it is kept, or where it was downloaded to."""
        kept = kept_file(self.models, reference.path)
        return kept if kept.is_file() else target_file(self.models, reference.path)


NONE_NAME = "none (nothing watched, sensitive, or unknown)"


def category_labels(
    installation: Installation, *, task: str, categories: int
) -> tuple[SegmentLabel, ...]:
    """Return a label for each category of a report.

    Args:
        installation: its model names the segments if its task is meant and uses that model's.
        task: name of the task, as a report carries it.
        categories: S'.

    """
    current, asked = installation.current, installation.task
    if asked is None or asked.name != task:
        segments = (plain_label(f"segment {number}") for number in range(categories - 1))
        return (*segments, plain_label(NONE_NAME))
    is_named = current is not None and asked.segmenter.model == current.model
    named = category_names(asked, current.segments if is_named and current else ())
    return (*named, plain_label(NONE_NAME))
