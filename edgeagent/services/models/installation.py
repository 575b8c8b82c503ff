"""What is installed in a box: two model slots, the report task, and what is known of the time.

Kept in the encrypted ledger database, so that whoever can write to the models directory cannot
make the box use other files: every file is named here by hash and checked when it is loaded.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Self

import msgspec
from msgspec import Meta

from edgeagent.errors import LedgerBroken, NoModel
from edgeagent.messages import ModelFiles, ModelManifest, ReportTask, SegmentLabel, TargetReference
from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.fields import Seconds, Sha256
from edgeagent.messages.targets import target_file
from edgeagent.services.state_store import StateStore
from edgeagent.services.timekeeping.device_clock import DeviceClock, TimeEvidence
from edgeagent.store import LedgerStore

__all__ = [
    "NONE_NAME",
    "Installation",
    "InstallationStore",
    "RefusedModel",
    "UnreadManifest",
    "category_labels",
]

_STATE_NAME = "installation"
_CAP_BYTES = 512 * 1024


class RefusedModel(KeptMessage, frozen=True, kw_only=True):
    """A model that is not used, and why."""

    model_sha256: Sha256
    model_version: str
    reason: str
    at: Seconds
    lasting: bool
    """Whether it stays refused until another model is published. A model that lost a comparison is
    compared again at the next update, since by then more has been watched."""

    @classmethod
    def of(cls, manifest: ModelManifest, *, reason: str, at: int, lasting: bool) -> Self:
        """Say why a model is not used."""
        return cls(
            model_sha256=manifest.model.sha256,
            model_version=manifest.model_version,
            reason=reason,
            at=at,
            lasting=lasting,
        )


class UnreadManifest(KeptMessage, frozen=True, kw_only=True):
    """A published manifest that could not be read, so that nothing is known of its model."""

    reason: str
    at: Seconds


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
    task: ReportTask | None = None
    checked_at: Seconds | None = None
    time: TimeEvidence = TimeEvidence()

    def swapped(self) -> Installation:
        """Return it with the model before the active one active, if there is one."""
        if self.previous is None:
            return self
        return msgspec.structs.replace(
            self, current=self.previous, previous=self.current, failures=0, last_failure=None
        )


class InstallationStore(StateStore[Installation]):
    """Keeps the installation, empty until the first update, and says where its files lie."""

    def __init__(self, ledger: LedgerStore, models: Path) -> None:
        """Keep the state in ``ledger``; target files lie in ``models``/targets."""
        super().__init__(ledger, _STATE_NAME, Installation, cap_bytes=_CAP_BYTES)
        self._models = models

    def tell_time(self, clock: DeviceClock) -> None:
        """Let a clock go by what is known, never by less than the ledger's chain knows."""
        stored = self.load().time
        seen = max(stored.last_seen, self._ledger.last_known_time())
        clock.take_in(msgspec.structs.replace(stored, last_seen=seen))

    def learn_time(self, clock: DeviceClock, *, issued_at: int, vouched_until: int) -> Installation:
        """Keep a freshly verified timestamp, beside what another process has learned.

        Where clock and timestamp agree the ledger notes it. Models are updated under a broken
        ledger too; it grants and reports nothing anyway.

        Returns:
            What is installed.

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

    def manifest(self) -> ModelManifest:
        """Return the manifest of the active model.

        Raises:
            NoModel: none has been downloaded.

        """
        current = self.load().current
        if current is None:
            raise NoModel("no model has been downloaded yet", hint="edgeagent model update")
        return current

    def files(self, model: TargetReference, catalogue: TargetReference) -> ModelFiles:
        """Return where a model and its catalogue lie."""
        return ModelFiles(
            model_path=str(self.path(model)),
            model_sha256=model.sha256,
            catalogue_path=str(self.path(catalogue)),
            catalogue_sha256=catalogue.sha256,
        )

    def has_segmenter(self, task: ReportTask) -> bool:
        """Say whether the model and catalogue that assign a task's segments lie here."""
        references = (task.segmenter.model, task.segmenter.catalogue)
        return all(self.path(reference).is_file() for reference in references)

    def path(self, reference: TargetReference) -> Path:
        """Return the file of a target."""
        return target_file(self._models, reference.path)


NONE_NAME = "none (nothing watched, sensitive, or unknown)"


def category_labels(
    installation: Installation, *, task: str, categories: int
) -> tuple[SegmentLabel, ...]:
    """Return a label for each category of a task.

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
        return (*current.segments, _named(NONE_NAME))
    return (*(_named(f"segment {number}") for number in range(categories - 1)), _named(NONE_NAME))


def _named(name: str) -> SegmentLabel:
    return SegmentLabel(name=name, sensitive=False, iab=())
