"""Which models to try, in which order, and when one has failed too often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edgeagent.clock import Clock
from edgeagent.errors import EdgeAgentError
from edgeagent.messages import ModelManifest
from edgeagent.services.installation import InstallationStore

__all__ = ["MOST_FAILURES", "Attempt", "ModelTrust"]

MOST_FAILURES = 3
"""Failures in a row after which the slots are swapped: one may be a lack of memory, three are the
model. Each of them costs two starts of a child."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One way to rank."""

    manifest: ModelManifest
    popular: bool
    """By the catalogue's own scores, without the model."""


class ModelTrust:
    """Remembers over restarts how often the active model has failed."""

    def __init__(self, installations: InstallationStore, *, clock: Clock) -> None:
        """Judge the models of ``installations``."""
        self._installations = installations
        self._clock = clock

    def attempts(self) -> Iterator[Attempt]:
        """Yield the active model, the one before it, then popularity over either's catalogue.

        A model that has failed too often and has no other behind it is left alone until an update
        has checked it again.

        Raises:
            NoModel: nothing has been downloaded yet.

        """
        current = self._installations.manifest()
        installation = self._installations.load()
        slots = [current, *filter(None, [installation.previous])]
        for manifest in slots:
            if manifest is not current or installation.failures < MOST_FAILURES:
                yield Attempt(manifest=manifest, popular=False)
        for manifest in slots:
            yield Attempt(manifest=manifest, popular=True)

    def worked(self, attempt: Attempt) -> None:
        """Note that a model answered; writes only if it had failed before."""
        installation = self._installations.load()
        if self._is_active(attempt) and installation.failures:
            self._installations.update(failures=0, last_failure=None)

    def failed(self, attempt: Attempt, error: EdgeAgentError) -> None:
        """Note that a model did not answer; the third time in a row the one before it takes over.

        The one that failed stays in the other slot, and is not activated again by an update until
        another model is published.
        """
        installation = self._installations.load()
        if not self._is_active(attempt):
            return
        failures = installation.failures + 1
        self._installations.update(failures=failures, last_failure=str(error))
        if failures < MOST_FAILURES:
            return
        self._installations.refuse(
            attempt.manifest,
            reason=f"failed {failures} times in a row: {error}",
            at=self._clock.now(),
            lasting=True,
        )
        if installation.previous is not None:
            self._installations.update(
                current=installation.previous,
                previous=installation.current,
                failures=0,
                last_failure=None,
            )

    def _is_active(self, attempt: Attempt) -> bool:
        return not attempt.popular and attempt.manifest == self._installations.load().current
