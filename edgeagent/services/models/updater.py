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

from edgeagent.errors import MalformedMessage, UpdateRefused
from edgeagent.messages import ModelManifest, ReportTask, TargetReference, decode_manifest
from edgeagent.messages.fields import CreativesChange
from edgeagent.messages.targets import RELEASES_TARGET
from edgeagent.randomness import RandomSource
from edgeagent.services.models.activation import StagedStore
from edgeagent.services.models.announcement import Announcement
from edgeagent.services.models.installation import (
    Installation,
    InstallationStore,
    RolloutDraw,
    RolloutSeen,
    UnreadManifest,
)
from edgeagent.services.models.kept_files import drop_others, files_of, keep
from edgeagent.services.models.release_rules import judged
from edgeagent.services.models.release_watch import CONFLICT
from edgeagent.services.timekeeping.device_clock import DeviceClock

if TYPE_CHECKING:
    from edgeagent.network.repository import Repository

__all__ = ["Fetched", "Updater"]

_KEPT_DRAWS = 8
"""Candidates whose number is kept, so that one that comes back reaches the same boxes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The outcome of a fetch."""

    model_version: str
    """Of the published model that this box is to use."""
    task_changed: bool
    creatives: CreativesChange = "none"


class Updater:
    """Downloads the published files to the box."""

    def __init__(
        self,
        installations: InstallationStore,
        staged: StagedStore,
        *,
        open_repository: Callable[[int], Repository],
        clock: DeviceClock,
        random: RandomSource,
        fetch_creatives: Callable[[Repository], CreativesChange] = lambda _: "none",
    ) -> None:
        """Fetch for ``installations``.

        Args:
            installations: where the files are, and the evidence of the time.
            staged: where a model waits to be tried.
            open_repository: refreshes a repository as of a time (seconds UTC).
            clock: learns from verified timestamps.
            random: draws the number for a model that is being rolled out.
            fetch_creatives: fetches promos and ads, last, because nothing waits for them.

        """
        self._installations = installations
        self._staged = staged
        self._open_repository = open_repository
        self._clock = clock
        self._random = random
        self._fetch_creatives = fetch_creatives

    def fetch(self) -> Fetched:
        """Fetch and verify the published files, and store the model to be tried.

        Raises:
            UpdateRefused: metadata or a target does not verify, or the repository contradicts what
                it showed before.
            MalformedMessage: a published message is malformed.
            NetworkError: the server cannot be reached.

        """
        repository = self._open_repository(self._clock.now())
        before = self._installations.learn_time(
            self._clock, issued_at=repository.issued_at, vouched_until=repository.expires_at
        )
        announced = Announcement.read(repository, self._manifest)
        self._require_listed(repository, announced)
        # What is stopped does not wait for downloads, which may take days.
        now = self._installations.change(partial(self._with_switches, announced))
        # The task never waits for the model that ranks: what is reported must not depend on it.
        _fetch(repository, *announced.segmenter())
        self._installations.change(partial(_asked, before, announced.task))
        _fetch(repository, *announced.models())
        chosen = next(iter(announced.in_order(now.rollout)), None)
        wanted = chosen != before.current or before.failures or before.refused
        # Another process may be reading what was used before; it goes with the next update.
        used = (*self._used(before), *files_of((chosen,), (announced.task,)))
        keep(self._installations.models, used)
        self._staged.put(chosen if wanted else None)
        self._installations.end_trouble()
        creatives = self._fetch_creatives(repository)
        # Last of all, so that what fails before it has deleted nothing.
        repository.drop_superseded()
        used = (*used, *self._used(self._installations.load()))  # another process may have updated
        drop_others(self._installations.models, used)
        return Fetched(
            model_version=(chosen or announced.manifest).model_version,
            task_changed=announced.task != before.task,
            creatives=creatives,
        )

    def _used(self, installed: Installation) -> tuple[TargetReference, ...]:
        """Return the files of what is in use and of what waits to be tried."""
        manifests = (installed.current, installed.previous, self._staged.load().manifest)
        return tuple(files_of(manifests, (installed.task,)))

    def _require_listed(self, repository: Repository, announced: Announcement) -> None:
        """Compare what is announced with the list of releases, and remember that list.

        Raises:
            UpdateRefused: they contradict each other, or did before.

        """
        statement, used, at = repository.statement(), announced.used(), self._clock.now()
        listed = None if statement.list_id is None else repository.find(RELEASES_TARGET)

        def watched(now: Installation) -> Installation:
            releases = judged(now.releases, statement, listed, used=used, now=at)
            return msgspec.structs.replace(now, releases=releases)

        conflict = self._installations.change(watched).conflict
        if conflict is not None:
            raise UpdateRefused(f"{CONFLICT}: {conflict.reason}", hint=conflict.hint)

    def _with_switches(self, announced: Announcement, now: Installation) -> Installation:
        """Store what is stopped and rolled out, and draw this box's number for the latter."""
        rollout, draws = None, now.draws
        if announced.rollout is not None:
            candidate = announced.rollout.candidate_sha256()
            drawn = next((one for one in draws if one.candidate_sha256 == candidate), None)
            if drawn is None:
                drawn = RolloutDraw(candidate_sha256=candidate, number=self._random.below(100))
                draws = (*draws[1 - _KEPT_DRAWS :], drawn)
            rollout = RolloutSeen(
                model_version=announced.rollout.candidate.model_version,
                percent=announced.rollout.percent,
                number=drawn.number,
            )
        return msgspec.structs.replace(
            now,
            stopped_models=announced.stopped_models,
            stopped_tasks=announced.stopped_tasks,
            rollout=rollout,
            draws=draws,
        )

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
    return now if now.task != before.task else now.with_task(task)


def _fetch(repository: Repository, *references: TargetReference) -> None:
    """Fetch files; existing ones are hashed again, so that one altered on disk is replaced."""
    for reference in references:
        repository.ensure(reference)
