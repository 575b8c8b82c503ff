"""Models: everything a box does about ranking models, as ``agent.models``.

Fetching uses the network and does not open the history; activating uses the history and not the
network. Each part is imported on first use, to keep the idle service small.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeagent.errors import (
    DiskFull,
    EdgeAgentError,
    MalformedMessage,
    NetworkError,
    StorageError,
)
from edgeagent.lazy_modules import on_use
from edgeagent.messages import ModelManifest
from edgeagent.messages.fields import CreativesChange
from edgeagent.randomness import RandomSource
from edgeagent.scoring.protocol import Scorer
from edgeagent.services.context import BoxContext
from edgeagent.services.models.activation import Activated, Activation, StagedStore
from edgeagent.services.models.creative_files import creative_files
from edgeagent.services.models.installation import InstallationStore
from edgeagent.services.models.quality_gate import QualityGate

if not TYPE_CHECKING:  # read by linters, which follow both ways, as imports; see the module
    creatives_fetch = on_use("edgeagent.services.models.creatives_fetch")
    updater = on_use("edgeagent.services.models.updater")
    repository = on_use("edgeagent.network.repository")
else:
    from edgeagent.network import repository
    from edgeagent.services.models import creatives_fetch, updater

__all__ = ["Models", "Update"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """The outcome of an update: what was fetched, and whether its model is used."""

    published_version: str
    """Of the model that was fetched."""
    task_changed: bool
    model_changed: bool
    catalogue_changed: bool
    model_version: str
    """Of the model that is active now."""
    creatives: CreativesChange = "none"
    """Of the promos, ads and artwork."""
    refused: str | None = None
    """Why the published model is not the active one."""


class Models:
    """Fetches, activates and rolls back the models of one box."""

    def __init__(
        self,
        box: BoxContext,
        *,
        installations: InstallationStore,
        scorer: Callable[[], Scorer],
        open_repository: Callable[[int], repository.Repository],
        random: RandomSource,
    ) -> None:
        """Serve ``box``; see :class:`Updater` and :class:`Activation`."""
        self._box = box
        self._installations = installations
        self._staged = StagedStore(box.home.ledger)
        self._scorer = scorer
        self._open_repository = open_repository
        self._random = random

    def fetch(self) -> updater.Fetched:
        """Fetch and verify the published files; the model then waits to be activated."""
        fetching = updater.Updater(
            self._installations,
            self._staged,
            open_repository=self._open_repository,
            clock=self._box.clock,
            random=self._random,
            fetch_creatives=lambda opened: creatives_fetch.fetch_creatives(
                opened, self._box.home, now=self._box.clock.now()
            ),
        )
        with _saying("nothing was fetched"):
            try:
                return fetching.fetch()
            except (NetworkError, MalformedMessage, DiskFull) as error:
                with suppress(StorageError):  # what is wrong may be the disk
                    self._installations.note_trouble(error, at=self._box.clock.now())
                raise

    def waits(self) -> bool:
        """Return whether a fetched model waits to be activated, and may be."""
        if self._staged.load().manifest is None:
            return False
        return self._installations.load().conflict is None

    def activate(self) -> Activated:
        """Try the fetched model, and use it if it passes its checks."""
        with _saying("nothing was activated"):
            return self._activation().activate()

    def update(self) -> Update:
        """Fetch, then activate: for a caller that waits for both."""
        fetched = self.fetch()
        activated = self.activate()
        return Update(
            published_version=fetched.model_version,
            task_changed=fetched.task_changed,
            model_changed=activated.model_changed,
            catalogue_changed=activated.catalogue_changed,
            model_version=activated.model_version,
            creatives=fetched.creatives,
            refused=activated.refused,
        )

    def creative_files(self) -> frozenset[str]:
        """Return the names of the files of promos, ads and artwork that are here."""
        return creative_files(self._installations.models)

    def rollback(self) -> ModelManifest:
        """Go back to the previous model."""
        return self._activation().rollback()

    def _activation(self) -> Activation:
        scorer = self._scorer()
        return Activation(
            self._installations,
            self._staged,
            scorer=scorer,
            clock=self._box.clock,
            quality=QualityGate(self._box.home, gate=self._box.gate, scorer=scorer),
        )


@contextmanager
def _saying(what: str) -> Iterator[None]:
    try:
        yield
    except EdgeAgentError as error:
        _log.info("%s: %s", what, error)
        raise
