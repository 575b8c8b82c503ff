"""What a repository tells boxes: model, candidate for some of them, task, stops, creatives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tuf.api.metadata import TargetFile, Targets

from edgeagent.messages import (
    ModelManifest,
    ReportTask,
    TargetReference,
    canonical_bytes,
    decode_manifest,
    decode_task,
    sha256_hex,
)
from edgeagent.messages.creatives import CreativeCatalogue, decode_creatives
from edgeagent.messages.rollout import Rollout, decode_rollout
from edgeagent.messages.stops import (
    ModelStops,
    TaskStops,
    decode_model_stops,
    decode_task_stops,
)
from edgeagent.messages.targets import (
    CONTENT_ROLES,
    CREATIVES_TARGET,
    MANIFEST_TARGET,
    MODEL_STOPS_TARGET,
    ROLLOUT_TARGET,
    TASK_STOPS_TARGET,
    TASK_TARGET,
)
from server_stub.distribution.directory import Published, RepositoryDirectory

__all__ = ["Content", "content_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What boxes are told; commands make the next from the last."""

    manifest: ModelManifest | None = None
    rollout: Rollout | None = None
    task: ReportTask | None = None
    model_stops: frozenset[str] = frozenset()
    """SHA-256 of ONNX files."""
    task_stops: frozenset[str] = frozenset()
    """Names of tasks."""
    creatives: CreativeCatalogue | None = None

    def messages(self) -> dict[str, bytes]:
        """Return the targets that are messages, by path."""
        found: dict[str, object] = {
            MANIFEST_TARGET: self.manifest,
            ROLLOUT_TARGET: self.rollout,
            TASK_TARGET: self.task,
            MODEL_STOPS_TARGET: self.model_stops
            and ModelStops(models=tuple(sorted(self.model_stops))),
            TASK_STOPS_TARGET: self.task_stops and TaskStops(tasks=tuple(sorted(self.task_stops))),
            CREATIVES_TARGET: self.creatives,
        }
        return {path: canonical_bytes(message) for path, message in found.items() if message}

    def manifests(self) -> tuple[ModelManifest, ...]:
        """Return the manifest, and the candidate's if there is one."""
        candidate = None if self.rollout is None else self.rollout.candidate
        return tuple(one for one in (self.manifest, candidate) if one is not None)

    def references(self) -> Iterator[TargetReference]:
        """Yield the files that the messages name."""
        for manifest in self.manifests():
            yield from (manifest.model, manifest.golden, manifest.catalogue)
        if self.task is not None:
            yield from (self.task.segmenter.model, self.task.segmenter.catalogue)
        if self.creatives is not None:
            for creative in self.creatives.creatives:
                asset = creative.asset
                yield TargetReference(
                    path=asset.path, sha256=asset.sha256, length_bytes=asset.length_bytes
                )

    def targets(self) -> dict[str, dict[str, TargetFile]]:
        """Return what each role signs, by path."""
        files = [
            TargetFile(
                length=reference.length_bytes,
                hashes={"sha256": reference.sha256},
                path=reference.path,
            )
            for reference in self.references()
        ]
        files += [target_file_of(path, data) for path, data in self.messages().items()]
        return {
            role: {file.path: file for file in files if file.path.startswith(f"{role}/")}
            for role in CONTENT_ROLES
        }


def target_file_of(path: str, data: bytes) -> TargetFile:
    """Describe a target for metadata."""
    return TargetFile(length=len(data), hashes={"sha256": sha256_hex(data)}, path=path)


def content_of(repository: RepositoryDirectory, published: Published) -> Content:
    """Read what boxes are told now.

    Raises:
        InputError: a target is not what was signed, or does not decode.

    """

    def read(path: str) -> bytes | None:
        role = _role(published.targets, path)
        return None if role is None else repository.read_target(path, role)

    manifest, rollout, task = read(MANIFEST_TARGET), read(ROLLOUT_TARGET), read(TASK_TARGET)
    models, tasks = read(MODEL_STOPS_TARGET), read(TASK_STOPS_TARGET)
    creatives = read(CREATIVES_TARGET)
    return Content(
        manifest=None if manifest is None else decode_manifest(manifest),
        rollout=None if rollout is None else decode_rollout(rollout),
        task=None if task is None else decode_task(task),
        model_stops=frozenset(() if models is None else decode_model_stops(models).models),
        task_stops=frozenset(() if tasks is None else decode_task_stops(tasks).tasks),
        creatives=None if creatives is None else decode_creatives(creatives),
    )


def _role(targets: Mapping[str, Targets], path: str) -> Targets | None:
    role = targets.get(path.split("/", 1)[0])
    return role if role is not None and path in role.targets else None
