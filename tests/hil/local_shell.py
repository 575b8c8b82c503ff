"""This machine, for a board: what labgrid's driver and the rehearsal's own tests run on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["LocalShell"]


class LocalShell:
    """Runs commands with ``sh``; ``python3`` is the Python that runs the tests."""

    def run(
        self,
        cmd: str,
        *,
        timeout: float | None = None,
        codec: str = "utf-8",
        decodeerrors: str = "strict",
    ) -> tuple[list[str], list[str], int]:
        """Run a command; return stdout, stderr and exit code."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", "-c", cmd],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            env={**os.environ, "PATH": path},
        )
        out, err = (data.decode(codec, decodeerrors) for data in (done.stdout, done.stderr))
        return out.splitlines(), err.splitlines(), done.returncode

    def put(self, filename: str, remotepath: str) -> None:
        """Copy a file."""
        shutil.copy(filename, remotepath)

    def get(self, filename: str, destination: str) -> None:
        """Copy a file."""
        shutil.copy(filename, destination)
