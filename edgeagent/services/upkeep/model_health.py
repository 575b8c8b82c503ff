"""Whether the model files of a box are those that were verified, and how models are run on it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from edgeagent.config import Config
from edgeagent.messages import TargetReference
from edgeagent.regular_file import open_regular
from edgeagent.scoring.syscall_filter import filter_available
from edgeagent.services.models.installation import InstallationStore
from edgeagent.services.upkeep.findings import Finding

__all__ = ["models_found", "scoring_found"]


def models_found(installations: InstallationStore) -> Finding:
    """Read every file that ranking or counting may load, and compare it with its hash."""
    references = {reference.path: reference for reference in _used(installations)}
    wrong = [
        fault
        for reference in references.values()
        if (fault := _fault(installations.path(reference), reference))
    ]
    if wrong:
        return Finding(
            name="model",
            status="failed",
            message="; ".join(wrong),
            hint="fetch it again: edgeagent model update; until then the model before it ranks, "
            "or the titles that are popular",
        )
    return Finding(
        name="model", status="ok", message=f"{len(references)} files are as they were verified"
    )


def scoring_found(config: Config, *, filtered: bool | None = None) -> Finding:
    """Say which limits keep models from the rest of this box.

    Args:
        config: the settings.
        filtered: whether a filter of system calls is to be had; none: see for yourself.

    """
    if config.scorer == "resident":
        message = "models run in the resident process, without limits of their own"
    elif filter_available() if filtered is None else filtered:
        message = "models run in a child with limits, without network and new files"
    else:
        message = "models run in a child with limits; network and files are what the unit allows"
    return Finding(name="scoring", status="ok", message=message)


def _used(installations: InstallationStore) -> Iterator[TargetReference]:
    installation = installations.load()
    for manifest in (installation.current, installation.previous):
        if manifest is not None:
            yield from (manifest.model, manifest.catalogue)
    task = installation.task
    if task is not None and installations.has_segmenter(task):  # else it is still to come
        yield from (task.segmenter.model, task.segmenter.catalogue)


def _fault(path: Path, reference: TargetReference) -> str:
    """Return what is wrong with a file; empty when it is the one that was verified."""
    try:
        with open_regular(path) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"{path}: {error.strerror}"
    return "" if digest == reference.sha256 else f"{path} is damaged"
