"""Read the report tasks and the segments' names from the signed repository.

A repository holds ``metadata/*.json`` and ``targets/<role>/[<sha256>.]<name>``. Boxes verify its
signatures; the server trusts its own directory.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from edgeagent.errors import EdgeAgentError, InputError
from edgeagent.messages import ModelManifest, ReportTask, decode_manifest, decode_task
from edgeagent.messages.manifest import MANIFEST_CAP_BYTES
from edgeagent.messages.targets import MANIFEST_NAME, MODELS_ROLE, TARGETS, TASK_NAME, TASKS_ROLE
from edgeagent.regular_file import read_regular

__all__ = ["load_task", "manifest_of", "published_tasks"]

_HASH_DIGITS = 64

M = TypeVar("M")


def published_tasks(repository: Path) -> tuple[ReportTask, ...]:
    """Return every report task in the repository, the newest epoch last.

    Raises:
        InputError: there is none, or one that does not decode.

    """
    tasks = _versions(repository, TASKS_ROLE, TASK_NAME, decode_task)
    if not tasks:
        raise InputError(
            f"{repository}: no target tasks/report.json in it",
            hint="publish one with 'server-stub repo publish', or name it with --task",
        )
    return tuple(sorted(tasks, key=lambda task: (task.epoch, task.first_week, task.name)))


def load_task(path: Path) -> ReportTask:
    """Read a task from a file.

    Raises:
        InputError: it cannot be read, or does not decode.

    """
    return _read(path, decode_task)


def manifest_of(repository: Path, task: ReportTask) -> ModelManifest | None:
    """Return the manifest of the model that assigns the task's segments; ``None`` if missing.

    Raises:
        InputError: a manifest does not decode.

    """
    manifests = _versions(repository, MODELS_ROLE, MANIFEST_NAME, decode_manifest)
    fitting = [
        manifest for manifest in manifests if manifest.model.sha256 == task.segmenter.model.sha256
    ]
    return max(fitting, key=lambda manifest: manifest.trained_at, default=None)


def _versions(repository: Path, role: str, name: str, decode: Callable[[bytes], M]) -> list[M]:
    """Decode all versions of a target: under its plain name, and with its hash as a prefix."""
    directory = repository / TARGETS / role
    paths = [directory / name, *directory.glob(f"{'[0-9a-f]' * _HASH_DIGITS}.{name}")]
    return [_read(path, decode) for path in sorted(paths) if path.is_file()]


def _read(path: Path, decode: Callable[[bytes], M]) -> M:
    try:
        return decode(read_regular(path, cap_bytes=MANIFEST_CAP_BYTES))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", hint="check the path") from error
    except EdgeAgentError as error:
        raise InputError(f"{path}: {error}", hint=error.hint or "publish it again") from error
