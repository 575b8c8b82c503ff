"""Update model, catalogue and report task: verified, tried, then switched in one step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edgeagent.errors import ModelRefused
from edgeagent.messages import (
    ModelManifest,
    ReportTask,
    TargetReference,
    decode_manifest,
    decode_task,
)
from edgeagent.network.repository import Repository
from edgeagent.scoring.protocol import Scorer
from edgeagent.services.device_clock import DeviceClock
from edgeagent.services.installation import Installation, InstallationStore

__all__ = ["MANIFEST_TARGET", "TASK_TARGET", "Update", "Updater"]

MANIFEST_TARGET = "models/manifest.json"
TASK_TARGET = "tasks/report.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What an update changed."""

    model_changed: bool
    catalogue_changed: bool
    task_changed: bool
    model_version: str


class Updater:
    """Brings the installation up to date with the repository."""

    def __init__(
        self,
        installations: InstallationStore,
        *,
        open_repository: Callable[[int], Repository],
        scorer: Scorer,
        clock: DeviceClock,
    ) -> None:
        """Update ``installations``.

        Args:
            installations: what is installed.
            open_repository: refreshes a repository as of a time (seconds UTC).
            scorer: runs the golden vectors of a new model.
            clock: learns from verified timestamps.

        """
        self._installations = installations
        self._open_repository = open_repository
        self._scorer = scorer
        self._clock = clock

    def update(self) -> Update:
        """Fetch, verify, try and activate what is new; whatever fails leaves the old in place.

        Raises:
            UpdateRefused: metadata or a target does not verify.
            ModelRefused: the new model fails its golden vectors, or fits no catalogue.
            NetworkError: the server cannot be reached.

        """
        repository = self._open_repository(self._clock.now())
        evidence = self._clock.learn(repository.expires_at)
        before = self._installations.update(time=evidence, checked_at=self._clock.now())
        manifest = decode_manifest(repository.read(MANIFEST_TARGET))
        task = decode_task(repository.read(TASK_TARGET))
        # Files that are here already are hashed again, so that one altered on disk is mended.
        golden = _fetch(repository, manifest.model, manifest.catalogue, manifest.golden)[-1]
        _fetch(repository, task.segmenter.model, task.segmenter.catalogue)
        if manifest != before.current:
            files = self._installations.files(manifest.model, manifest.catalogue)
            self._scorer.verify(files, str(golden), space_id=manifest.space_id)
        self._activate(before, manifest, task)
        old = before.current
        return Update(
            model_changed=old is None or old.model != manifest.model,
            catalogue_changed=old is None or old.catalogue != manifest.catalogue,
            task_changed=task != before.task,
            model_version=manifest.model_version,
        )

    def rollback(self) -> ModelManifest:
        """Swap the active model with the one before it.

        Raises:
            ModelRefused: there is none.

        """
        installation = self._installations.load()
        if installation.current is None or installation.previous is None:
            raise ModelRefused(
                "there is no previous model to go back to",
                hint="a second slot is filled by the first update that brings a new model",
            )
        self._installations.update(current=installation.previous, previous=installation.current)
        return installation.previous

    def _activate(self, before: Installation, manifest: ModelManifest, task: ReportTask) -> None:
        new_model = before.current is None or before.current.model != manifest.model
        self._installations.update(
            current=manifest,
            previous=before.current if new_model else before.previous,
            task=task,
        )


def _fetch(repository: Repository, *references: TargetReference) -> list[Path]:
    return [repository.ensure(reference) for reference in references]
