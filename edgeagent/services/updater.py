"""Update model, catalogue and report task: verified, tried, then switched in one step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from edgeagent.errors import MalformedMessage, ModelError, ModelRefused
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
from edgeagent.services.installation import (
    Installation,
    InstallationStore,
    Refusal,
    UnreadManifest,
)
from edgeagent.services.quality_gate import QualityGate

__all__ = ["MANIFEST_TARGET", "TASK_TARGET", "Update", "Updater"]

MANIFEST_TARGET = "models/manifest.json"
TASK_TARGET = "tasks/report.json"
_DECIDED = ("current", "previous", "failures", "refused")


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
        before = self._installations.change(partial(self._checked, repository))
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
        self._installations.change(partial(_asked, before, task))
        if refused is None:
            self._activate(before, manifest)
        active = self._installations.manifest()
        if refused is None and active != manifest:
            refused = "another process has changed what is installed meanwhile"
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

        def back(now: Installation) -> Installation:
            if now.current is None or now.previous is None:
                raise ModelRefused(
                    "there is no previous model to go back to",
                    hint="a second slot is filled by the first update that brings a new model",
                )
            refusal = Refusal.of(
                now.current, reason="rolled back", at=self._clock.now(), lasting=True
            )
            return msgspec.structs.replace(now, refused=refusal).swapped()

        self._installations.change(back)
        return self._installations.manifest()

    def _checked(self, repository: Repository, now: Installation) -> Installation:
        """Take in what the repository says of the time, beside what another process has learned."""
        self._clock.evidence = now.time
        evidence = self._clock.learn(
            issued_at=repository.issued_at, vouched_until=repository.expires_at
        )
        return msgspec.structs.replace(now, time=evidence, checked_at=self._clock.now())

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
            self._refuse(before, manifest, str(error))
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
            self._refuse(before, manifest, objection)
        return objection

    def _refuse(self, before: Installation, manifest: ModelManifest, reason: str) -> None:
        refusal = Refusal.of(manifest, reason=reason, at=self._clock.now(), lasting=False)
        self._installations.change(partial(_unless_decided, before, {"refused": refusal}))

    def _activate(self, before: Installation, manifest: ModelManifest) -> None:
        new_model = before.current is None or before.current.model != manifest.model
        changes = {
            "current": manifest,
            "previous": before.current if new_model else before.previous,
            "failures": 0,
            "last_failure": None,
            "refused": None,
        }
        self._installations.change(partial(_unless_decided, before, changes))


def _unless_decided(
    before: Installation, changes: Mapping[str, object], now: Installation
) -> Installation:
    """Change what is used, unless another process has since ``before``: the next update looks."""
    decided = any(getattr(now, name) != getattr(before, name) for name in _DECIDED)
    return now if decided else msgspec.structs.replace(now, **changes)


def _asked(before: Installation, task: ReportTask, now: Installation) -> Installation:
    """Take in a task, unless another process has taken in one since ``before``."""
    return now if now.task != before.task else msgspec.structs.replace(now, task=task)


def _fetch(repository: Repository, *references: TargetReference) -> list[Path]:
    return [repository.ensure(reference) for reference in references]
