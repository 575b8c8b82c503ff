"""Which models to try, in which order, and when one has failed too often to be tried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from edgeagent.clock import Clock
from edgeagent.errors import EdgeAgentError
from edgeagent.messages import ModelManifest
from edgeagent.services.models.installation import Installation, InstallationStore, RefusedModel

__all__ = ["MOST_FAILURES", "Attempt", "Failover"]

MOST_FAILURES = 3
"""Failures in a row after which the slots are swapped. One may be a lack of memory; three point to
the model. Each failure costs two starts of the scoring child."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One way to rank."""

    manifest: ModelManifest
    popular: bool
    """By the catalogue's own scores, without the model."""


class Failover:
    """Counts the failures of the active model, across restarts."""

    def __init__(self, installations: InstallationStore, *, clock: Clock) -> None:
        """Count failures in ``installations``."""
        self._installations = installations
        self._clock = clock

    def attempts(self) -> Iterator[Attempt]:
        """Yield the active model, the previous one, then popularity in either one's catalogue.

        A model that failed too often and has no predecessor is not run until an update has checked
        it again; one that its publisher has stopped is not run at all.

        Raises:
            NoModel: nothing has been downloaded yet.

        """
        current = self._installations.manifest()
        installation = self._installations.load()
        slots = [current, *filter(None, [installation.previous])]
        for manifest in slots:
            runs = manifest is not current or installation.failures < MOST_FAILURES
            if runs and not installation.is_stopped(manifest):
                yield Attempt(manifest=manifest, popular=False)
        for manifest in slots:
            yield Attempt(manifest=manifest, popular=True)

    def worked(self, attempt: Attempt) -> None:
        """Record that a model answered; writes only if it had failed before."""

        def noted(now: Installation) -> Installation:
            if not _is_active(attempt, now):
                return now
            return msgspec.structs.replace(now, failures=0, last_failure=None)

        if self._installations.load().failures:
            self._installations.change(noted)

    def failed(self, attempt: Attempt, error: EdgeAgentError) -> None:
        """Record that a model failed; after the third failure in a row the previous one takes over.

        The failed model stays in the other slot; an update does not activate it again until another
        model is published.
        """

        def noted(now: Installation) -> Installation:
            if not _is_active(attempt, now):
                return now
            failures = now.failures + 1
            counted = msgspec.structs.replace(now, failures=failures, last_failure=str(error))
            if failures < MOST_FAILURES:
                return counted
            refusal = RefusedModel.of(
                attempt.manifest,
                reason=f"failed {failures} times in a row: {error}",
                at=self._clock.now(),
                lasting=True,
            )
            return msgspec.structs.replace(counted, refused=refusal).swapped()

        if not attempt.popular:
            self._installations.change(noted)


def _is_active(attempt: Attempt, now: Installation) -> bool:
    return not attempt.popular and attempt.manifest == now.current
