"""Activate the fetched model: check it, compare it with the present one, switch in one step.

This works on the history, not on the network: it may take as long as the model takes and may refuse
the model, but no request depends on it. A refused model's files stay among the downloads while
they are published, so that the next update makes the same requests whether or not it was refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import msgspec

from edgeagent.errors import ModelError, ModelRefused
from edgeagent.messages import ModelManifest
from edgeagent.messages.codec import KeptMessage
from edgeagent.scoring.protocol import Scorer
from edgeagent.services.models.installation import Installation, InstallationStore, RefusedModel
from edgeagent.services.models.quality_gate import QualityGate
from edgeagent.services.state_store import StateStore
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.store import LedgerStore

__all__ = ["Activated", "Activation", "Staged", "StagedStore"]

_STATE_NAME = "staged"
_CAP_BYTES = 256 * 1024
_DECIDED = ("current", "previous", "failures", "refused")


class Staged(KeptMessage, frozen=True, kw_only=True):
    """The fetched model that has not been tried yet."""

    manifest: ModelManifest | None = None


class StagedStore(StateStore[Staged]):
    """Stores it beside the installation, under a name that older releases do not read."""

    def __init__(self, ledger: LedgerStore) -> None:
        """Keep it in ``ledger``."""
        super().__init__(ledger, _STATE_NAME, Staged, cap_bytes=_CAP_BYTES)

    def put(self, manifest: ModelManifest | None) -> None:
        """Store the model to be tried, or that there is none; writes nothing if it is stored."""
        if self.load().manifest != manifest:
            self.update(manifest=manifest)

    def tried(self, manifest: ModelManifest) -> None:
        """Remove a model that was tried, unless another has been fetched meanwhile."""
        self.change(lambda now: Staged() if now.manifest == manifest else now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activated:
    """The outcome for the fetched model."""

    model_changed: bool
    catalogue_changed: bool
    model_version: str
    """Of the model that is active now."""
    refused: str | None = None
    """Why the published model is not the active one."""


class Activation:
    """Decides which model ranks."""

    def __init__(
        self,
        installations: InstallationStore,
        staged: StagedStore,
        *,
        scorer: Scorer,
        clock: DeviceClock,
        quality: QualityGate | None = None,
    ) -> None:
        """Activate models of ``installations``.

        Args:
            installations: what is installed.
            staged: which model was fetched and waits to be tried.
            scorer: runs the golden vectors of a new model.
            clock: dates what was refused.
            quality: compares a new model with the present one; ``None``: golden vectors alone
                decide.

        """
        self._installations = installations
        self._staged = staged
        self._scorer = scorer
        self._clock = clock
        self._quality = quality

    def activate(self) -> Activated:
        """Try and activate the fetched model; on any failure the present one stays active.

        Raises:
            ModelRefused: it fails its golden vectors, does not fit its catalogue, or differs from
                its manifest.
            ModelError: it could not be tried; it will be tried again.
            NoModel: there is no active model, and none is waiting.

        """
        before = self._installations.load()
        manifest = self._staged.load().manifest if before.conflict is None else None
        refused = None
        if manifest is not None:
            refused = self._decide(before, manifest)
            self._staged.tried(manifest)
        active, old = self._installations.manifest(), before.current
        if manifest is not None and refused is None and active != manifest:
            refused = "another process changed the installation meanwhile"
        return Activated(
            model_changed=old is None or old.model != active.model,
            catalogue_changed=old is None or old.catalogue != active.catalogue,
            model_version=active.model_version,
            refused=refused,
        )

    def rollback(self) -> ModelManifest:
        """Swap the active model with the previous one.

        An update does not activate it again until another model is published.

        Raises:
            ModelRefused: there is no previous model.

        """

        def back(now: Installation) -> Installation:
            if now.current is None or now.previous is None:
                raise ModelRefused(
                    "there is no previous model to go back to",
                    hint="the first update that brings a new model keeps the present one",
                )
            if now.is_stopped(now.previous):
                raise ModelRefused(
                    "the previous model was stopped by its publisher",
                    hint="the active one stays; edgeagent model status shows both",
                )
            refusal = RefusedModel.of(
                now.current, reason="rolled back", at=self._clock.now(), lasting=True
            )
            return msgspec.structs.replace(now, refused=refusal).swapped()

        self._installations.change(back)
        return self._installations.manifest()

    def _decide(self, before: Installation, manifest: ModelManifest) -> str | None:
        """Activate a model, or return the reason it was not."""
        refused = self._refusal(before, manifest)
        if refused is None:
            self._try(before, manifest)
            refused = self._objection(before, manifest)
        if refused is None:
            self._activate(before, manifest)
        return refused

    def _refusal(self, before: Installation, manifest: ModelManifest) -> str | None:
        """Return why this model was stopped, refused or rolled back before, or ``None``."""
        if before.is_stopped(manifest):
            return "stopped by its publisher"
        refused = before.refused
        if refused is None or not refused.lasting or before.current is None:
            return None
        is_it = refused.model_sha256 == manifest.model.sha256 != before.current.model.sha256
        return refused.reason if is_it else None

    def _try(self, before: Installation, manifest: ModelManifest) -> None:
        """Check a model that is new or has failed before."""
        if manifest == before.current and not before.failures:
            return
        files = self._installations.files(manifest.model, manifest.catalogue)
        golden = self._installations.path(manifest.golden)
        try:
            self._scorer.verify(files, str(golden), claims=manifest.claims())
        except ModelError as error:
            self._refuse(before, manifest, str(error))
            if isinstance(error, ModelRefused):
                self._staged.tried(manifest)
            raise

    def _objection(self, before: Installation, manifest: ModelManifest) -> str | None:
        """Compare a new model with the present one on this box's viewings; return an objection."""
        present = before.current
        if self._quality is None or present is None or present.model == manifest.model:
            return None
        if before.is_stopped(present):
            return None  # whatever comes instead
        if before.previous is not None and before.previous.model == manifest.model:
            return None  # as the publisher wants who takes back the present one
        objection = self._quality.objection(
            present=self._installations.files(present.model, present.catalogue),
            new=self._installations.files(manifest.model, manifest.catalogue),
        )
        if objection is not None:
            self._refuse(before, manifest, objection)
        return objection

    def _refuse(self, before: Installation, manifest: ModelManifest, reason: str) -> None:
        refusal = RefusedModel.of(manifest, reason=reason, at=self._clock.now(), lasting=False)
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
        if any(getattr(before, name) != value for name, value in changes.items()):
            self._installations.change(partial(_unless_decided, before, changes))


def _unless_decided(
    before: Installation, changes: Mapping[str, object], now: Installation
) -> Installation:
    """Change the installation unless another process did since ``before`` (then: next update)."""
    decided = any(getattr(now, name) != getattr(before, name) for name in _DECIDED)
    return now if decided else msgspec.structs.replace(now, **changes)
