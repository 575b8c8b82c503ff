"""The names of the parts of a signed repository (TUF), for publisher, server and box."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, get_args

__all__ = [
    "CATALOGUE_ROLE",
    "CONTENT_ROLES",
    "CREATIVES_NAME",
    "CREATIVES_ROLE",
    "CREATIVES_TARGET",
    "DELEGATED_ROLES",
    "ISSUED_FIELD",
    "LIST_FIELD",
    "LOG_ROLE",
    "MANIFEST_NAME",
    "MANIFEST_TARGET",
    "METADATA",
    "MODELS_ROLE",
    "MODEL_ROLES",
    "MODEL_STOPS_TARGET",
    "RELEASES_TARGET",
    "ROLLOUT_TARGET",
    "ROOT_NAME",
    "STOPS_NAME",
    "TARGETS",
    "TASKS_ROLE",
    "TASK_NAME",
    "TASK_STOPS_TARGET",
    "TASK_TARGET",
    "ContentRole",
    "ModelRole",
    "target_file",
]

METADATA, TARGETS = "metadata", "targets"
"""Directories of a repository, path segments of its address, and directories of a box's copy."""

ROOT_NAME = "root.json"
"""In the repository: the root metadata that a box is shipped with."""

MODELS_ROLE, CATALOGUE_ROLE, TASKS_ROLE, LOG_ROLE = "models", "catalogue", "tasks", "log"
CREATIVES_ROLE: Final = "creatives"
"""There where a publisher has promos or ads; its key need not be with those of the others."""
ModelRole = Literal["models", "catalogue", "tasks"]
ContentRole = ModelRole | Literal["creatives"]
MODEL_ROLES: tuple[ModelRole, ...] = get_args(ModelRole)
"""In every repository."""
CONTENT_ROLES: tuple[ContentRole, ...] = (*MODEL_ROLES, CREATIVES_ROLE)
"""Each signs the targets below the directory of its name; ``log`` signs the list of releases."""
DELEGATED_ROLES = (*CONTENT_ROLES, LOG_ROLE)

MANIFEST_NAME, TASK_NAME, STOPS_NAME = "manifest.json", "report.json", "stops.json"
MANIFEST_TARGET = f"{MODELS_ROLE}/{MANIFEST_NAME}"
TASK_TARGET = f"{TASKS_ROLE}/{TASK_NAME}"
"""Always there; a box fetches these two first."""
ROLLOUT_TARGET = f"{MODELS_ROLE}/rollout.json"
"""There while a new model is being rolled out."""
MODEL_STOPS_TARGET = f"{MODELS_ROLE}/{STOPS_NAME}"
TASK_STOPS_TARGET = f"{TASKS_ROLE}/{STOPS_NAME}"
"""There while something is stopped."""
RELEASES_TARGET = f"{LOG_ROLE}/releases.json"
"""The append-only list of everything that was published."""
CREATIVES_NAME = "catalogue.json"
CREATIVES_TARGET = f"{CREATIVES_ROLE}/{CREATIVES_NAME}"
"""There where promos or ads are published; fetched last."""

ISSUED_FIELD = "x-edgeagent-issued"
"""Field of a signed timestamp: when it was issued, seconds UTC. TUF allows additional fields."""
LIST_FIELD = "x-edgeagent-list"
"""Field of a signed root: the id of the list of releases. A new id begins a new list."""


def target_file(copy: Path, path: str) -> Path:
    """Return the path of a target in a box's copy; TUF clients encode ``a/b`` as one file name."""
    return copy / TARGETS / path.replace("/", "%2F")
