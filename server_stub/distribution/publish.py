"""Publish a model: at once, or to a part of the boxes first, which is raised step by step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec

from edgeagent.clock import quarter_of, week_of
from edgeagent.errors import InputError
from edgeagent.messages import ModelManifest, ReportTask
from edgeagent.messages.artefacts import ARTEFACT_FILES, Artefacts
from edgeagent.messages.rollout import Percent, Rollout
from edgeagent.messages.targets import MODEL_ROLES
from edgeagent.regular_file import read_regular
from server_stub.distribution.content import Content, content_of
from server_stub.distribution.operator import Operator
from server_stub.distribution.publication import Publication
from server_stub.distribution.roots import delegations_with_all_roles, first_root

__all__ = ["create", "promote", "publish", "published_task", "read_artefacts"]


def read_artefacts(directory: Path) -> Artefacts:
    """Read what ``model-export export`` wrote.

    Raises:
        InputError: a file is missing, too long for a box, or not what the manifest names.

    """
    files = {}
    for name, cap_bytes in ARTEFACT_FILES.items():
        try:
            files[name] = read_regular(directory / name, cap_bytes=cap_bytes)
        except OSError as error:
            raise InputError(
                f"{directory / name} cannot be read: {error.strerror}",
                hint="name a directory that 'model-export export' wrote",
            ) from error
    return Artefacts.from_files(files)


def create(operator: Operator, *, threshold: int = 1) -> bool:
    """Make a repository without content; return whether there was none.

    Raises:
        InputError: see :func:`first_root`.
        OutputError: something cannot be written.

    """
    with operator.at_work() as before:
        if before is None:
            root, delegations = first_root(operator, threshold=threshold)
            Publication(operator, None, root=root).write({}, delegations=delegations)
    return before is None


def publish(
    operator: Operator,
    artefacts: Artefacts,
    *,
    keep_task: bool = False,
    percent: Percent | None = None,
) -> ReportTask:
    """Publish artefacts as the newest state of a repository, and return the task it holds.

    Where there is no repository, it is made. A report task of the same name is left as it is, with
    the model and catalogue that assign its segments: reports tell tasks apart by name, and one sum
    never mixes two meanings of a segment.

    Args:
        operator: whose repository, keys and time.
        artefacts: what to publish.
        keep_task: go on with the segments of the task published before in another quarter, too.
        percent: of the boxes that use the model; the others stay with the one before. It says
            nothing of the task, whose segmenter is the same for all.

    Raises:
        InputError: keys that are not this repository's, a repository that does not verify, no task
            or model to keep, a rollout that is running, a task of a quarter that is over.
        OutputError: the directory cannot be written.

    """
    with operator.at_work() as before:
        repository = operator.repository
        old = Content() if before is None else content_of(repository, before)
        rollout = None
        if percent is not None:
            rollout = Rollout(candidate=artefacts.manifest, percent=percent)
        _check(operator, artefacts, old, rollout)
        task = _task(old.task, artefacts.task, keep=keep_task)
        stable = artefacts.manifest if rollout is None else old.manifest
        new = replace(old, manifest=stable, rollout=rollout, task=task)
        root, delegations = (
            first_root(operator)
            if before is None
            else (None, delegations_with_all_roles(operator, before))
        )
        Publication(operator, before, root=root).write(
            new.targets(),
            files=artefacts.targets() | new.messages(),
            delegations=delegations,
            renewed=("targets", *MODEL_ROLES),
        )
    return task


def promote(operator: Operator, percent: Percent | None = None) -> Content:
    """Raise the part of the boxes that use the candidate; without ``percent``, to all.

    Raises:
        InputError: no rollout is running, or it has come further.

    """
    with operator.changing() as before:
        old = content_of(operator.repository, before)
        rollout = old.rollout
        if rollout is None:
            raise InputError(
                "no rollout is running", hint="begin one with 'server-stub repo publish --percent'"
            )
        if percent is None:
            _refuse_stopped(rollout.candidate, old)
            new = replace(old, manifest=rollout.candidate, rollout=None)
        elif percent < rollout.percent:
            raise InputError(
                f"the rollout has come to {rollout.percent} percent",
                hint="take the candidate back with 'server-stub repo rollback'",
            )
        else:
            new = replace(old, rollout=msgspec.structs.replace(rollout, percent=percent))
        if new != old:
            Publication(operator, before).write(new.targets(), files=new.messages())
        return new


def published_task(operator: Operator) -> ReportTask | None:
    """Return the report task a repository holds now; ``None`` if there is none.

    Raises:
        InputError: the repository does not verify.

    """
    published = operator.repository.published()
    return None if published is None else content_of(operator.repository, published).task


def _check(operator: Operator, artefacts: Artefacts, old: Content, rollout: Rollout | None) -> None:
    if rollout is not None and old.manifest is None:
        raise InputError(
            "there is no model that the other boxes could stay with",
            hint="publish the first one without --percent",
        )
    if rollout is not None and rollout.candidate == old.manifest:
        raise InputError(
            f"{artefacts.manifest.model_version} is the model that all boxes have already",
            hint="export another one, or publish this one again without --percent",
        )
    if old.rollout not in (None, rollout):
        raise InputError(
            f"a rollout to {old.rollout.percent} percent is running",
            hint="end it with 'server-stub repo promote' or 'server-stub repo rollback'",
        )
    _refuse_stopped(artefacts.manifest, old)
    over = artefacts.task.epoch < quarter_of(week_of(operator.now))
    if over and not operator.trust_clock:
        raise InputError(
            "the report task is about a quarter that is over", hint="export the model again"
        )


def _refuse_stopped(manifest: ModelManifest, old: Content) -> None:
    if manifest.model.sha256 in old.model_stops:
        raise InputError(
            f"model {manifest.model_version} is stopped",
            hint="export another, or lift the stop: server-stub repo stop --lift",
        )


def _task(old: ReportTask | None, new: ReportTask, *, keep: bool) -> ReportTask:
    """Return the task that goes on where it has to."""
    if old is None:
        if keep:
            raise InputError(
                "there is no report task to keep yet", hint="publish without --keep-task first"
            )
        return new
    if old.epoch == new.epoch and old.scheme != new.scheme:
        raise InputError(
            f"the quarter that runs counts by {old.scheme}, and one quarter has one kind of "
            "categories for everybody",
            hint=f"publish {new.scheme} when the next quarter begins",
        )
    if not keep and old.name != new.name:
        return new
    if old.epoch != new.epoch:
        return msgspec.structs.replace(old, epoch=new.epoch, first_week=new.first_week)
    return old
