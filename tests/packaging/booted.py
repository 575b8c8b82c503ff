"""A Debian image switched on: systemd as its first process, in namespaces of its own."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_BOOT_SECONDS = 180
_COMMAND_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One that runs."""

    leader: int
    """Its first process, as we number them."""

    def path(self, path: str) -> Path:
        """Return where we see what the machine has at ``path``."""
        return Path(f"/proc/{self.leader}/root{path}")

    def run(self, *command: str) -> str:
        """Run a command in it, as root."""
        done = self._run(command)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def fails(self, *command: str) -> bool:
        """Say whether a command fails."""
        return self._run(command).returncode != 0

    def show(self, unit: str, name: str) -> str:
        """Return a property of a unit."""
        return self.run("systemctl", "show", "--value", "--property", name, unit).strip()

    @contextmanager
    def log(self, unit: str) -> Iterator[Iterator[str]]:
        """Follow what a unit says, and systemd of it, from now on."""
        command = ("journalctl", "--follow", "--lines=1", "--output=cat", "--unit", unit)
        with subprocess.Popen(
            self._command(command), stdout=subprocess.PIPE, text=True
        ) as following:
            assert following.stdout is not None
            try:
                following.stdout.readline()  # what was said last: from here on it follows
                yield iter(following.stdout.readline, "")
            finally:
                following.kill()

    def _run(self, command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(command),
            capture_output=True,
            check=False,
            text=True,
            timeout=_COMMAND_SECONDS,
        )

    def _command(self, command: tuple[str, ...]) -> list[str]:
        return ["nsenter", f"--target={self.leader}", "--all", "--", *command]


@contextmanager
def booted(image: Path) -> Iterator[Machine]:
    """Switch an image on; skip where nothing here can."""
    manager = Path("/run/systemd/system").is_dir()
    command = [
        *("systemd-nspawn", "--quiet", f"--directory={image}", "--boot", "--register=no"),
        *("--private-network", "--console=pipe", "--notify-ready=yes", "--kill-signal=SIGRTMIN+3"),
        *([] if manager else ["--keep-unit"]),
    ]
    heard, address = _heard()
    with subprocess.Popen(
        command,
        env={"PATH": os.environ["PATH"], "NOTIFY_SOCKET": str(address)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as started:
        try:
            leader = _leader(heard)
            heard.close()  # nobody reads on, and a full queue would hold everything up
            address.unlink()
            if leader is None:
                pytest.skip("systemd does not boot in a container here")
            yield Machine(leader=leader)
        finally:
            started.terminate()
            try:
                started.wait(timeout=_COMMAND_SECONDS)
            except subprocess.TimeoutExpired:
                started.kill()


def _heard() -> tuple[socket.socket, Path]:
    """Return a socket that hears when the machine is up, and its path."""
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    address = Path(tempfile.mktemp(prefix="boot", dir="/run"))  # noqa: S306  (root's directory)
    heard.bind(str(address))
    heard.settimeout(_BOOT_SECONDS)
    return heard, address


def _leader(heard: socket.socket) -> int | None:
    """Wait until everything has been started, and return the first process."""
    said = ""
    while not ("READY=1" in said and "X_NSPAWN_LEADER_PID" in said):
        try:
            said += heard.recv(4096).decode() + "\n"
        except TimeoutError:
            return None
    found = re.search(r"X_NSPAWN_LEADER_PID=(\d+)", said)
    return None if found is None else int(found[1])
