"""Symbolic links in the directory that is served: most web servers follow them out of it."""

from __future__ import annotations

import os
from pathlib import Path

from edgeagent.errors import InputError

__all__ = ["links_out", "refuse_links_out"]


def links_out(served: Path) -> dict[Path, Path]:
    """Return the links in a directory that lead out of it, each with the real path it leads to."""
    top = os.path.realpath(served)
    found = {}
    for place, directories, files in os.walk(top):
        for path in (Path(place, name) for name in directories + files):
            # realpath: Path.resolve raises where a link leads to itself.
            if path.is_symlink() and not (to := Path(os.path.realpath(path))).is_relative_to(top):
                found[path] = to
    return found


def refuse_links_out(served: Path) -> None:
    """Refuse to publish what a web server would give out with files from elsewhere.

    Raises:
        InputError: a link leads out of the directory.

    """
    for link, to in links_out(served).items():
        raise InputError(
            f"{link} leads out of the directory that is served, to {to}",
            hint="delete the link; a repository on several disks needs mounts instead",
        )
