"""Update model, catalogue and report task: verified, tried, then switched in one step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edgeagent.errors import MalformedMessage, ModelError, ModelRefused
from edgeagent.messages import (
    ModelManifest,
    TargetReference,
    decode_manifest,
    decode_task,
)
from edgeagent.network.repository import Repository
from edgeagent.scoring.protocol import Scorer
from edgeagent.services.device_clock import DeviceClock
from edgeagent.services.installation import Installation, InstallationStore, UnreadManifest
from edgeagent.services.quality_gate import QualityGate

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
    """Of the model that is active now."""
    refused: str | None = None
    """Why the published model is not the active one."""


class Updater:
    """Brings the installation up to date with the repository."""

    def __init__(
        self,
        installations: InstallationStore,
        *,
        open_repository: Callable[[int], Repository],
        scorer: Scorer,
        clock: DeviceClock,
        quality: QualityGate | None = None,
    ) -> None:
        """Update ``installations``.

        Args:
            installations: what is installed.
            open_repository: refreshes a repository as of a time (seconds UTC).
            scorer: runs the golden vectors of a new model.
            clock: learns from verified timestamps.
            quality: compares a new model with the present one; none: golden vectors decide.

        """
        self._installations = installations
        self._open_repository = open_repository
        self._scorer = scorer
        self._clock = clock
        self._quality = quality

    def update(self) -> Update:
        """Fetch, verify, try and activate what is new; whatever fails leaves the old in place.

        Raises:
            UpdateRefused: metadata or a target does not verify.
            MalformedMessage: what is published is no manifest, or no task.
            ModelRefused: the new model fails its golden vectors, fits no catalogue, or is not what
                its manifest says.
            NetworkError: the server cannot be reached.

        """
        repository = self._open_repository(self._clock.now())
        evidence = self._clock.learn(
            issued_at=repository.issued_at, vouched_until=repository.expires_at
        )
        before = self._installations.update(time=evidence, checked_at=self._clock.now())
        if self._clock.is_known():
            self._installations.note_known_time(self._clock.now())
        manifest = self._manifest(repository.read(MANIFEST_TARGET))
        task = decode_task(repository.read(TASK_TARGET))
        # Files that are here already are hashed again, so that one altered on disk is mended.
        golden = _fetch(repository, manifest.model, manifest.catalogue, manifest.golden)[-1]
        _fetch(repository, task.segmenter.model, task.segmenter.catalogue)
        refused = self._refusal(before, manifest)
        if refused is None:
            self._try(before, manifest, golden)
            refused = self._objection(before, manifest)
        # The task never waits for the model that ranks: what is reported must not depend on it.
        self._installations.update(task=task)
        if refused is None:
            self._activate(before, manifest)
        active = self._installations.manifest()
        old = before.current
        return Update(
            model_changed=old is None or old.model != active.model,
            catalogue_changed=old is None or old.catalogue != active.catalogue,
            task_changed=task != before.task,
            model_version=active.model_version,
            refused=refused,
        )

    def rollback(self) -> ModelManifest:
        """Swap the active model with the one before it.

        The one that was active is not activated again by an update until another is published.

        Raises:
            ModelRefused: there is none.

        """
        installation = self._installations.load()
        if installation.current is None or installation.previous is None:
            raise ModelRefused(
                "there is no previous model to go back to",
                hint="a second slot is filled by the first update that brings a new model",
            )
        self._installations.refuse(
            installation.current, reason="rolled back", at=self._clock.now(), lasting=True
        )
        self._installations.update(
            current=installation.previous,
            previous=installation.current,
            failures=0,
            last_failure=None,
        )
        return installation.previous

    def _manifest(self, data: bytes) -> ModelManifest:
        """Read the manifest; one that cannot be read is noted, beside what was refused before."""
        try:
            manifest = decode_manifest(data)
        except MalformedMessage as error:
            unread = UnreadManifest(reason=str(error), at=self._clock.now())
            self._installations.update(unread=unread)
            raise
        if self._installations.load().unread is not None:
            self._installations.update(unread=None)
        return manifest

    def _refusal(self, before: Installation, manifest: ModelManifest) -> str | None:
        """Return why this model was given up or rolled back before, or ``None``."""
        refused = before.refused
        if refused is None or not refused.lasting or before.current is None:
            return None
        is_it = refused.model_sha256 == manifest.model.sha256 != before.current.model.sha256
        return refused.reason if is_it else None

    def _try(self, before: Installation, manifest: ModelManifest, golden: Path) -> None:
        """Check a model that is new, or that has failed."""
        if manifest == before.current and not before.failures:
            return
        files = self._installations.files(manifest.model, manifest.catalogue)
        try:
            self._scorer.verify(files, str(golden), claims=manifest.claims())
        except ModelError as error:
            self._installations.refuse(
                manifest, reason=str(error), at=self._clock.now(), lasting=False
            )
            raise

    def _objection(self, before: Installation, manifest: ModelManifest) -> str | None:
        """Compare a new model with the present one on what was watched here."""
        present = before.current
        if self._quality is None or present is None or present.model == manifest.model:
            return None
        objection = self._quality.objection(
            present=self._installations.files(present.model, present.catalogue),
            new=self._installations.files(manifest.model, manifest.catalogue),
        )
        if objection is not None:
            self._installations.refuse(
                manifest, reason=objection, at=self._clock.now(), lasting=False
            )
        return objection

    def _activate(self, before: Installation, manifest: ModelManifest) -> None:
        new_model = before.current is None or before.current.model != manifest.model
        self._installations.update(
            current=manifest,
            previous=before.current if new_model else before.previous,
            failures=0,
            last_failure=None,
            refused=None,
        )


def _fetch(repository: Repository, *references: TargetReference) -> list[Path]:
    return [repository.ensure(reference) for reference in references]
