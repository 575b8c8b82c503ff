"""The kernel's list of interpreters: who runs programs for arm64."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["binary_format"]

_FORMATS = Path("/proc/sys/fs/binfmt_misc")


@contextmanager
def binary_format() -> Iterator[None]:
    """Let the kernel start programs for arm64; what was set up for that is undone.

    Raises:
        OSError: this kernel does not let us.

    """
    if platform.machine() == "aarch64" or _is_enabled():
        yield
        return
    mounted = not (_FORMATS / "register").exists()
    if mounted:
        _run("mount", "-t", "binfmt_misc", "binfmt_misc", str(_FORMATS))
    try:
        _run("update-binfmts", "--enable", "qemu-aarch64")
        try:
            if not _is_enabled():
                message = "the kernel does not take qemu-aarch64 as an interpreter (binfmt_misc)"
                raise OSError(message)
            yield
        finally:
            _run("update-binfmts", "--disable", "qemu-aarch64")
    finally:
        if mounted:
            _run("umount", str(_FORMATS))


def _is_enabled() -> bool:
    format_ = _FORMATS / "qemu-aarch64"
    return format_.exists() and format_.read_text("utf-8").startswith("enabled")


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        message = f"{command[0]}: {done.stderr.strip()}"
        raise OSError(message)
