"""The names of the parts of a signed repository (TUF), for publisher, server and box."""

from __future__ import annotations

from pathlib import Path

__all__ = [
    "CATALOGUE_ROLE",
    "DELEGATED_ROLES",
    "ISSUED_FIELD",
    "MANIFEST_NAME",
    "MANIFEST_TARGET",
    "METADATA",
    "MODELS_ROLE",
    "ROOT_NAME",
    "TARGETS",
    "TASKS_ROLE",
    "TASK_NAME",
    "TASK_TARGET",
    "target_file",
]

METADATA, TARGETS = "metadata", "targets"
"""Directories of a repository, path segments of its address, and directories of a box's copy."""

ROOT_NAME = "root.json"
"""In the repository: the root metadata that a box is shipped with."""

MODELS_ROLE, CATALOGUE_ROLE, TASKS_ROLE = "models", "catalogue", "tasks"
DELEGATED_ROLES = (MODELS_ROLE, CATALOGUE_ROLE, TASKS_ROLE)
"""Each signs the targets below the directory of its name."""

MANIFEST_NAME, TASK_NAME = "manifest.json", "report.json"
MANIFEST_TARGET = f"{MODELS_ROLE}/{MANIFEST_NAME}"
TASK_TARGET = f"{TASKS_ROLE}/{TASK_NAME}"
"""The two targets that are not named by hash: a box fetches them first."""

ISSUED_FIELD = "x-edgeagent-issued"
"""Field of a signed timestamp: when it was issued, seconds UTC. TUF allows additional fields."""


def target_file(copy: Path, path: str) -> Path:
    """Return the path of a target in a box's copy; TUF clients encode ``a/b`` as one file name."""
    return copy / TARGETS / path.replace("/", "%2F")
