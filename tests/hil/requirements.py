"""What a rehearsal needs of the machine it runs on, and how to get it."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from collections.abc import Callable
from typing import Literal, get_args

__all__ = ["Target", "missing"]

Target = Literal["chroot", "vm"]

_PROGRAMS = {
    "mmdebstrap": "mmdebstrap",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
}
_PROGRAMS_OF: dict[Target, dict[str, str]] = {
    "chroot": {"update-binfmts": "binfmt-support", "qemu-aarch64-static": "qemu-user-static"},
    "vm": {"qemu-system-aarch64": "qemu-system-arm", "mke2fs": "e2fsprogs", "cpio": "cpio"},
}
"""Program and the Debian package it comes in."""


def missing(
    target: Target,
    *,
    find: Callable[[str], str | None] = shutil.which,
    user: int | None = None,
    modules: Callable[[str], object] = importlib.util.find_spec,
    machine: str = platform.machine(),
) -> str | None:
    """Return why a target cannot be rehearsed here, and what to do about it; ``None`` if it can.

    Args:
        target: one of ``Target``.
        find: says where a program lies.
        user: who runs this; who does, unless given.
        modules: says whether a Python package is installed.
        machine: what kind this is.

    """
    if target not in get_args(Target):
        raise ValueError(target)
    if not modules("labgrid"):
        return "labgrid is not installed: pip install -e '.[test,hil]'"
    wanted = dict(_PROGRAMS)
    if target != "chroot" or machine != "aarch64":  # which runs arm64 programs by itself
        wanted |= _PROGRAMS_OF[target]
    packages = sorted({package for name, package in wanted.items() if find(name) is None})
    if packages:
        return f"programs are missing: apt-get install {' '.join(packages)}"
    if (os.geteuid() if user is None else user) != 0:
        return "root file systems are built and entered by root: run it as root"
    return None
