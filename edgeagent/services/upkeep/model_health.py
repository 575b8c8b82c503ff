"""Check that the model files are those that were verified, and how models are confined."""

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
    """Compare every file that ranking or counting may load with its hash."""
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
            hint="fetch it again: edgeagent model update; until then the previous model ranks, "
            "or popular titles are shown",
        )
    return Finding(
        name="model", status="ok", message=f"{len(references)} files are as they were verified"
    )


def scoring_found(config: Config, *, filtered: bool | None = None) -> Finding:
    """Return which limits separate models from the rest of this box.

    Args:
        config: the settings.
        filtered: whether system calls can be filtered here; ``None``: find out.

    """
    if config.scorer == "resident":
        message = "models run in the resident process, without limits of their own"
    elif filter_available() if filtered is None else filtered:
        message = "models run in a child with limits, which cannot use the network or create files"
    else:
        message = "models run in a child with limits; network and files depend on the systemd unit"
    return Finding(name="scoring", status="ok", message=message)


def _used(installations: InstallationStore) -> Iterator[TargetReference]:
    installation = installations.load()
    for manifest in (installation.current, installation.previous):
        if manifest is not None:
            yield from (manifest.model, manifest.catalogue)
    task = installation.task
    if task is not None and installations.has_segmenter(task):  # else it is not downloaded yet
        yield from (task.segmenter.model, task.segmenter.catalogue)


def _fault(path: Path, reference: TargetReference) -> str:
    """Return what is wrong with a file; empty if it is the one that was verified."""
    try:
        with open_regular(path) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"{path}: {error.strerror}"
    return "" if digest == reference.sha256 else f"{path} is damaged"
