"""Delete the files that no box can ask for any more: models, catalogues and pictures of long ago.

A file stays while it is in force, and after that

- as long as a signed timestamp can still lead a box to it, and as long again: a box that is in the
  middle of an update, or behind a mirror that lags, finds what its metadata name;
- with the last eight models, so that ``rollback`` has somewhere to go;
- with the model of every report task there ever was, which says what the reports are about.

Messages of models and tasks, such as manifests, stay for ever: they are small, and ``rollback``,
``stop`` and the server of reports read them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from tuf.api.metadata import TargetFile, Targets

from edgeagent.clock import DAY_SECONDS
from edgeagent.errors import InputError, MalformedMessage
from edgeagent.messages import TargetReference, decode_manifest, decode_task
from edgeagent.messages.targets import (
    CONTENT_ROLES,
    CREATIVES_ROLE,
    ISSUED_FIELD,
    MANIFEST_TARGET,
    MODELS_ROLE,
    TASK_TARGET,
    TASKS_ROLE,
)
from server_stub.distribution.operator import Operator

__all__ = ["MODELS_KEPT", "drop_superseded"]

MODELS_KEPT = 8
"""Two a quarter for a year; where the catalogue is published daily, a week and a day."""


def drop_superseded(operator: Operator, signed: Mapping[str, Targets]) -> None:
    """Delete what nobody needs.

    Args:
        operator: whose repository, and how long timestamps last.
        signed: what is in force, by role.

    """
    kept = {_name(file) for role in signed.values() for file in role.targets.values()}
    for role in CONTENT_ROLES:
        for version in _recent(operator, role):
            kept |= {_name(file) for file in version.targets.values()}
    kept |= {
        f"{reference.sha256}.{reference.path.rpartition('/')[2]}"
        for reference in (*_of_models(operator), *_of_tasks(operator))
    }
    for role in CONTENT_ROLES:
        messages = ".json" if role != CREATIVES_ROLE else None
        operator.repository.drop_targets_but(kept, role, messages=messages)


def _name(file: TargetFile) -> str:
    return f"{file.hashes['sha256']}.{file.path.rpartition('/')[2]}"


def _recent(operator: Operator, role: str) -> Iterator[Targets]:
    """Yield the versions of a role that a box may still be at."""
    long_ago = operator.now - 2 * operator.lifetimes.timestamp_days * DAY_SECONDS
    superseded_at = operator.now
    for version in operator.repository.versions(role):
        if superseded_at <= long_ago:
            return
        yield version
        issued = version.unrecognized_fields.get(ISSUED_FIELD)
        if isinstance(issued, int):  # else of an earlier release: not later than the one after it
            superseded_at = issued


def _of_models(operator: Operator) -> Iterator[TargetReference]:
    """Yield the files of the last models that were in force."""
    seen: set[str] = set()
    for file, data in _messages(operator, MODELS_ROLE, MANIFEST_TARGET):
        seen.add(file.hashes["sha256"])
        if len(seen) > MODELS_KEPT:
            return
        with suppress(MalformedMessage):
            manifest = decode_manifest(data)
            yield from (manifest.model, manifest.golden, manifest.catalogue)


def _of_tasks(operator: Operator) -> Iterator[TargetReference]:
    """Yield the files that assign the segments of any task."""
    for _, data in _messages(operator, TASKS_ROLE, TASK_TARGET):
        with suppress(MalformedMessage):
            segmenter = decode_task(data).segmenter
            yield from (segmenter.model, segmenter.catalogue)


def _messages(operator: Operator, role: str, path: str) -> Iterator[tuple[TargetFile, bytes]]:
    """Yield every version of a message that is still there, newest first."""
    for version in operator.repository.versions(role):
        file = version.targets.get(path)
        if file is not None:
            with suppress(InputError):
                yield file, operator.repository.read_file(file)
