"""The box of this machine's service, for users who ask where they have none of their own.

A package or an image keeps one box for the whole machine, under a user of its own. Without
``--home`` a command looks where the user who runs it would keep a box. It would make a second,
empty one there, and a user who erases it, withdraws a consent in it or begins a private session
would think that this reached the box that the household uses.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import click

from edgeagent.errors import WrongOwner
from edgeagent.store.home_files import holds_box
from edgeagent.store.ownership import user_name

__all__ = ["PACKAGED_HOME", "PackagedBox", "find_home"]

PACKAGED_HOME = Path("/var/lib/edgeagent")
"""``StateDirectory`` of the systemd unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedBox:
    """One that belongs to another user than the one who runs this command."""

    directory: Path
    owner: str
    asked: Path
    """Where the user who runs this would have a box."""

    def refusal(self) -> WrongOwner:
        """Return the error of a command that would have to make a second box, or finds none."""
        # Minimal images have no sudo, and root needs none.
        become = f"runuser -u {self.owner} --" if os.geteuid() == 0 else f"sudo -u {self.owner}"
        return WrongOwner(
            f"there is no box in {self.asked}; the one of this machine's service is in "
            f"{self.directory} and belongs to {self.owner}",
            hint=f"{become} {click.get_current_context().command_path}; "
            f"for a box of your own: --home {self.asked}",
        )


def find_home(own: Path, *, packaged: Path = PACKAGED_HOME) -> tuple[Path, PackagedBox | None]:
    """Return the home of a command that names none, and the service's box if it is another.

    Args:
        own: where this user's box is, if there is one.
        packaged: where the service of this machine has its box, if there is one.

    """
    if holds_box(own):
        return own, None
    try:
        owner = packaged.stat().st_uid
    except OSError:  # there is none, or the way to it is closed to this user
        return own, None
    try:
        there = holds_box(packaged)
    except PermissionError:  # the service's home is closed to others, so what is in it is not seen
        there = True
    if not there:
        return own, None
    if owner == os.geteuid():
        return packaged, None
    return own, PackagedBox(directory=packaged, owner=user_name(owner), asked=own)
