"""What a repository announces to every box: the small files, read and decoded together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeagent.errors import MalformedMessage
from edgeagent.messages import (
    ModelManifest,
    ReportTask,
    TargetReference,
    decode_task,
    sha256_hex,
)
from edgeagent.messages.rollout import Rollout, decode_rollout
from edgeagent.messages.stops import decode_model_stops, decode_task_stops
from edgeagent.messages.targets import (
    MANIFEST_TARGET,
    MODEL_STOPS_TARGET,
    ROLLOUT_TARGET,
    TASK_STOPS_TARGET,
    TASK_TARGET,
)
from edgeagent.services.models.installation import RolloutSeen

if TYPE_CHECKING:
    from edgeagent.network.repository import Repository

__all__ = ["Announcement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """The small files, decoded."""

    manifest: ModelManifest
    """Of the model that is in use everywhere but in a rollout."""
    task: ReportTask
    rollout: Rollout | None
    stopped_models: tuple[str, ...]
    """SHA-256 of model files."""
    stopped_tasks: tuple[str, ...]
    """Names of tasks."""
    small: dict[str, str]
    """SHA-256 of the small files, by path."""

    @classmethod
    def read(
        cls, repository: Repository, decode_manifest: Callable[[bytes], ModelManifest]
    ) -> Announcement:
        """Read and decode the small files; the requests are the same on every box.

        Raises:
            UpdateRefused: manifest or task are not there, or one is not what was signed.
            NetworkError: one cannot be fetched.
            MalformedMessage: one is not what its path says.

        """
        data = {path: repository.read(path) for path in (MANIFEST_TARGET, TASK_TARGET)}
        for path in (ROLLOUT_TARGET, MODEL_STOPS_TARGET, TASK_STOPS_TARGET):
            if (found := repository.find(path)) is not None:
                data[path] = found
        rollout, models, tasks = map(
            data.get, (ROLLOUT_TARGET, MODEL_STOPS_TARGET, TASK_STOPS_TARGET)
        )
        return cls(
            manifest=decode_manifest(data[MANIFEST_TARGET]),
            task=_read_task(data[TASK_TARGET]),
            rollout=None if rollout is None else decode_rollout(rollout),
            stopped_models=() if models is None else decode_model_stops(models).models,
            stopped_tasks=() if tasks is None else decode_task_stops(tasks).tasks,
            small={path: sha256_hex(content) for path, content in data.items()},
        )

    def segmenter(self) -> tuple[TargetReference, ...]:
        """Return the files that reports need."""
        return self.task.segmenter.model, self.task.segmenter.catalogue

    def models(self) -> tuple[TargetReference, ...]:
        """Return the files that ranking needs: every box fetches all, whichever model it uses."""
        manifests = (self.manifest, *([self.rollout.candidate] if self.rollout else []))
        return tuple(ref for one in manifests for ref in (one.model, one.catalogue, one.golden))

    def used(self) -> dict[str, str]:
        """Return the SHA-256 of every target that is fetched, by path."""
        return self.small | {one.path: one.sha256 for one in (*self.segmenter(), *self.models())}

    def in_order(self, seen: RolloutSeen | None) -> tuple[ModelManifest, ...]:
        """Return the models that may be used, the one to use first.

        Args:
            seen: this box's part in the rollout; ``None`` if there is none.

        """
        models = [self.manifest]
        if self.rollout is not None and seen is not None:
            models.insert(0 if seen.chosen else 1, self.rollout.candidate)
        return tuple(one for one in models if one.model.sha256 not in self.stopped_models)


def _read_task(data: bytes) -> ReportTask:
    """Decode the task; one of a later kind is refused as a whole, since it may ask for more.

    Raises:
        MalformedMessage: this version does not know it.

    """
    try:
        return decode_task(data)
    except MalformedMessage as error:
        raise MalformedMessage(
            f"the report task is none that this version knows: {error}",
            hint="install the edgeagent that knows it; until then this one updates nothing, "
            "reports nothing by that task, and goes on with the model that it has",
        ) from error
