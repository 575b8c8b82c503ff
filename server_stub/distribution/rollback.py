"""Go back to the model before, and stop what must not be used: the two answers to a bad model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from edgeagent.errors import InputError, MalformedMessage
from edgeagent.messages import ModelManifest, decode_manifest
from edgeagent.messages.codec import checked
from edgeagent.messages.rollout import decode_rollout
from edgeagent.messages.stops import MOST_STOPS, TaskStops
from edgeagent.messages.targets import MANIFEST_TARGET, MODELS_ROLE, ROLLOUT_TARGET
from server_stub.distribution.content import Content, content_of
from server_stub.distribution.directory import Published, RepositoryDirectory
from server_stub.distribution.operator import Operator
from server_stub.distribution.publication import Publication

__all__ = ["rollback", "stop"]


def rollback(operator: Operator, to: str | None = None) -> Content:
    """Publish an earlier model under new versions; while a rollout runs, take the candidate back.

    The report task stays: reports of a quarter are about one model.

    Args:
        operator: whose repository and keys.
        to: version of a model; without one, the newest that was there before this one first was,
            and is not stopped.

    Raises:
        InputError: there is no such model, or its files are gone.

    """
    with operator.changing() as before:
        old = content_of(operator.repository, before)
        if to is None and old.rollout is not None:
            new = replace(old, rollout=None)
        else:
            new = replace(old, manifest=_earlier(operator, before, old, to), rollout=None)
        if new != old:
            Publication(operator, before).write(new.targets(), files=new.messages())
        return new


def stop(
    operator: Operator,
    *,
    models: tuple[str, ...] = (),
    tasks: tuple[str, ...] = (),
    lift: bool = False,
) -> Content:
    """Stop models and report tasks on every box, or lift such stops.

    Args:
        operator: whose repository and keys.
        models: versions, or SHA-256 of ONNX files.
        tasks: names.
        lift: take these stops back.

    Raises:
        InputError: there is no such model, a name is none of a task, or there are too many stops.

    """
    with operator.changing() as before:
        old = content_of(operator.repository, before)
        hashes = {_model_hash(operator.repository, before, old, name) for name in models}
        if tasks:
            try:
                checked(TaskStops(tasks=tuple(sorted(set(tasks)))))
            except MalformedMessage as error:
                raise InputError(
                    f"no name of a report task: {error}",
                    hint="take one that 'server-stub repo status' prints",
                ) from error
        if lift:
            new = replace(
                old, model_stops=old.model_stops - hashes, task_stops=old.task_stops - set(tasks)
            )
        else:
            new = replace(
                old, model_stops=old.model_stops | hashes, task_stops=old.task_stops | set(tasks)
            )
        if max(len(new.model_stops), len(new.task_stops)) > MOST_STOPS:
            raise InputError(
                f"more than {MOST_STOPS} stops", hint="lift those of years ago with --lift"
            )
        if new != old:
            Publication(operator, before).write(new.targets(), files=new.messages())
        return new


def _earlier(operator: Operator, before: Published, old: Content, to: str | None) -> ModelManifest:
    past = list(_past_manifests(operator.repository, before))
    if to is None:
        # Before its first publication: a second rollback must not bring back what the first took.
        wanted = past[
            max((at for at, one in enumerate(past) if one == old.manifest), default=-1) + 1 :
        ]
    else:
        wanted = [one for one in past if one.model_version == to]
    usable = [one for one in wanted if one.model.sha256 not in old.model_stops]
    if usable:
        _require_files(operator.repository, usable[0])
        return usable[0]
    versions = ", ".join(sorted({one.model_version for one in past})) or "none"
    raise InputError(
        f"no {'earlier model' if to is None else f'model {to}'} that is not stopped",
        hint=f"name another one with --to, or publish it; in the list of releases: {versions}",
    )


def _require_files(repository: RepositoryDirectory, manifest: ModelManifest) -> None:
    if not all(map(repository.has_target, (manifest.model, manifest.golden, manifest.catalogue))):
        raise InputError(
            f"the files of model {manifest.model_version} are not kept any more",
            hint="publish its export again with 'server-stub repo publish'",
        )


def _model_hash(repository: RepositoryDirectory, before: Published, old: Content, name: str) -> str:
    for manifest in (
        *old.manifests(),
        *_past_manifests(repository, before),
        *_past_candidates(repository, before),
    ):
        if name in {manifest.model_version, manifest.model.sha256}:
            return manifest.model.sha256
    if name in old.model_stops or any(
        entry.kind == "file" and entry.name.startswith("models/") and entry.sha256 == name
        for entry in (before.releases.entries if before.releases is not None else ())
    ):
        return name
    raise InputError(
        f"no model {name} was published here",
        hint="name a version or the SHA-256 of an ONNX file that 'server-stub repo status' prints",
    )


def _past_manifests(repository: RepositoryDirectory, before: Published) -> Iterator[ModelManifest]:
    """Yield the manifests that were published, newest first."""
    return map(decode_manifest, _past(repository, before, MANIFEST_TARGET))


def _past_candidates(repository: RepositoryDirectory, before: Published) -> Iterator[ModelManifest]:
    """Yield those that were rolled out, newest first."""
    for data in _past(repository, before, ROLLOUT_TARGET):
        yield decode_rollout(data).candidate


def _past(repository: RepositoryDirectory, before: Published, path: str) -> Iterator[bytes]:
    if before.releases is None:
        return
    for targets in repository.history(MODELS_ROLE, before.releases):
        file = targets.targets.get(path)
        if file is not None:
            yield repository.read_file(file)
