"""The signed repository, served read-only."""

from __future__ import annotations

from pathlib import Path

from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from edgeagent.errors import InputError
from edgeagent.messages.targets import METADATA, TARGETS

__all__ = ["repository_routes"]


def repository_routes(repository: Path) -> list[Mount]:
    """Return routes for ``/metadata/*`` and ``/targets/*``.

    Nothing else is reachable: no listings, no dot segments, no symbolic links that leave the
    directory.

    Raises:
        InputError: it is not a repository.

    """
    parts = (METADATA, TARGETS)
    for part in parts:
        if not (repository / part).is_dir():
            raise InputError(
                f"{repository}: it has no directory {part}/",
                hint="make a repository with 'server-stub repo publish'",
            )
    return [Mount(f"/{part}", StaticFiles(directory=repository / part)) for part in parts]
