"""Fetch model, catalogue and report task, each verified against the repository.

This is all that an update does on the network. It does not open the history and runs no model, so
that neither the requests nor their timing depend on viewings. Whether the fetched model is used is
decided afterwards, by :mod:`edgeagent.services.models.activation`, and no later request depends on
that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from edgeagent.errors import MalformedMessage
from edgeagent.messages import (
    ModelManifest,
    ReportTask,
    TargetReference,
    decode_manifest,
    decode_task,
)
from edgeagent.messages.targets import MANIFEST_TARGET, TASK_TARGET
from edgeagent.services.models.activation import StagedStore
from edgeagent.services.models.installation import Installation, InstallationStore, UnreadManifest
from edgeagent.services.timekeeping.device_clock import DeviceClock

if TYPE_CHECKING:
    from edgeagent.network.repository import Repository

__all__ = ["Fetched", "Updater"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The outcome of a fetch."""

    model_version: str
    """Of the published model."""
    task_changed: bool


class Updater:
    """Downloads the published files to the box."""

    def __init__(
        self,
        installations: InstallationStore,
        staged: StagedStore,
        *,
        open_repository: Callable[[int], Repository],
        clock: DeviceClock,
    ) -> None:
        """Fetch for ``installations``.

        Args:
            installations: where the files are, and the evidence of the time.
            staged: where a model waits to be tried.
            open_repository: refreshes a repository as of a time (seconds UTC).
            clock: learns from verified timestamps.

        """
        self._installations = installations
        self._staged = staged
        self._open_repository = open_repository
        self._clock = clock

    def fetch(self) -> Fetched:
        """Fetch and verify the published files, and store the model to be tried.

        Raises:
            UpdateRefused: metadata or a target does not verify.
            MalformedMessage: the published manifest or task is malformed.
            NetworkError: the server cannot be reached.

        """
        repository = self._open_repository(self._clock.now())
        before = self._installations.learn_time(
            self._clock, issued_at=repository.issued_at, vouched_until=repository.expires_at
        )
        manifest = self._manifest(repository.read(MANIFEST_TARGET))
        task = decode_task(repository.read(TASK_TARGET))
        # Existing files are hashed again, so that one altered on disk is replaced.
        _fetch(repository, manifest.model, manifest.catalogue, manifest.golden)
        _fetch(repository, task.segmenter.model, task.segmenter.catalogue)
        # The task never waits for the model that ranks: what is reported must not depend on it.
        self._installations.change(partial(_asked, before, task))
        if manifest != before.current or before.failures or before.refused:
            self._staged.put(manifest)
        return Fetched(model_version=manifest.model_version, task_changed=task != before.task)

    def _manifest(self, data: bytes) -> ModelManifest:
        """Read the manifest; an unreadable one is recorded beside the refused models."""
        try:
            manifest = decode_manifest(data)
        except MalformedMessage as error:
            unread = UnreadManifest(reason=str(error), at=self._clock.now())
            self._installations.update(unread=unread)
            raise
        if self._installations.load().unread is not None:
            self._installations.update(unread=None)
        return manifest


def _asked(before: Installation, task: ReportTask, now: Installation) -> Installation:
    """Store a task, unless another process has stored one since ``before``."""
    return now if now.task != before.task else msgspec.structs.replace(now, task=task)


def _fetch(repository: Repository, *references: TargetReference) -> None:
    for reference in references:
        repository.ensure(reference)
