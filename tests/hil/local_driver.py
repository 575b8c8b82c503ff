"""This machine as a labgrid target."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from labgrid import step, target_factory
from labgrid.driver import Driver
from labgrid.driver.commandmixin import CommandMixin
from labgrid.protocol import CommandProtocol, FileTransferProtocol


@target_factory.reg_driver
class LocalCommandDriver(CommandMixin, Driver, CommandProtocol, FileTransferProtocol):  # type: ignore[misc]  # labgrid has no types
    """Runs commands with ``sh``; ``python3`` is the Python that runs the tests."""

    @Driver.check_active
    @step(args=["cmd"], result=True)
    def run(
        self, cmd: str, codec: str = "utf-8", decodeerrors: str = "strict", timeout: float | None = None
    ) -> tuple[list[str], list[str], int]:
        return self._run(cmd, codec=codec, decodeerrors=decodeerrors, timeout=timeout)

    def _run(
        self, cmd: str, codec: str = "utf-8", decodeerrors: str = "strict", timeout: float | None = None
    ) -> tuple[list[str], list[str], int]:
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

    @Driver.check_active
    @step(args=["filename", "remotepath"])
    def put(self, filename: str, remotepath: str) -> None:
        shutil.copy(filename, remotepath)

    @Driver.check_active
    @step(args=["filename", "destination"])
    def get(self, filename: str, destination: str) -> None:
        shutil.copy(filename, destination)

    def get_status(self) -> int:
        return 1
