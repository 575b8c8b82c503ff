"""What a rehearsal needs of the machine it runs on, and how to get it."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
from collections.abc import Callable
from contextlib import nullcontext
from functools import cache
from typing import Literal, get_args

from tests.hil.binary_format import binary_format

__all__ = ["Target", "missing"]

Target = Literal["chroot", "vm", "systemd"]
"""Programs for arm64 on this kernel; a machine; the same machine with systemd in charge."""

_PROGRAMS = {
    "mmdebstrap": "mmdebstrap",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "dpkg-deb": "dpkg",
}
_MACHINE = {"qemu-system-aarch64": "qemu-system-arm", "mke2fs": "e2fsprogs", "cpio": "cpio"}
_PROGRAMS_OF: dict[Target, dict[str, str]] = {
    "chroot": {"update-binfmts": "binfmt-support", "qemu-aarch64-static": "qemu-user-static"},
    "vm": _MACHINE,
    "systemd": _MACHINE,
}
"""Program and the Debian package it comes in."""
_PACKAGES = (
    *("mmdebstrap", "--quiet", "--simulate", "--arch=arm64", "--variant=extract"),
    *("--include=busybox-static", "bookworm", "/dev/null"),
)
_MOUNT = ("unshare", "--mount", "--pid", "--fork", "mount", "-t", "tmpfs", "probe", "/mnt")


def missing(
    target: Target,
    *,
    find: Callable[[str], str | None] = shutil.which,
    user: int | None = None,
    modules: Callable[[str], object] = importlib.util.find_spec,
    machine: str = platform.machine(),
    forbidden: Callable[[Target], str | None] | None = None,
) -> str | None:
    """Return why a target cannot be rehearsed here, and what to do about it; ``None`` if it can.

    Args:
        target: one of ``Target``.
        find: says where a program lies.
        user: who runs this; who does, unless given.
        modules: says whether a Python package is installed.
        machine: what kind this is.
        forbidden: says what root may not do here.

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
    return (forbidden or _forbidden)(target)


def _forbidden(target: Target) -> str | None:
    """Return what root may or can not do here, say in a container; ``None`` if nothing."""
    try:
        subprocess.run(_MOUNT, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return "nothing can be mounted here: a container needs --privileged"
    if not _has_packages():
        return "Debian's packages for arm64 cannot be fetched: name a mirror that holds them to apt"
    try:
        with binary_format() if target == "chroot" else nullcontext():
            return None
    except OSError as error:
        return f"the kernel runs no programs for arm64: {error}"


@cache
def _has_packages() -> bool:
    """Say whether apt's mirrors hold arm64, too: nothing is fetched but their indexes."""
    done = subprocess.run(_PACKAGES, check=False, capture_output=True, stdin=subprocess.DEVNULL)
    return done.returncode == 0
