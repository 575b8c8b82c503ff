"""A target with edgeagent on it, by what every labgrid driver can do: commands and files."""

from __future__ import annotations

import io
import json
import shlex
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.hil.wheels import ROOT

__all__ = ["Board", "Files", "Said", "Shell", "tar_of"]

_TIMEOUT_SECONDS = 600
_SHIPPED = (
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/hil/onboard").glob("*.py")),
    "tests/security/comparison.py",
    "tests/security/plain_box.py",
    "tests/security/work.py",
)
"""What runs on a target beside the wheel."""


class Shell(Protocol):
    """labgrid's ``CommandProtocol``, as far as it is needed."""

    def run(self, cmd: str, *, timeout: float) -> tuple[list[str], list[str], int]:
        """Run a command; return stdout, stderr and exit code."""
        ...


class Files(Protocol):
    """labgrid's ``FileTransferProtocol``, as far as it is needed."""

    def put(self, filename: str, remotepath: str) -> None:
        """Copy a file to the target."""
        ...

    def get(self, filename: str, destination: str) -> None:
        """Copy a file from the target."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Output and exit code of a command."""

    out: str
    err: str
    code: int

    def json(self) -> Any:  # noqa: ANN401  (whatever a command prints)
        """Return the one object it printed."""
        assert self.code == 0, self
        return json.loads(self.out)


@dataclass(kw_only=True)
class Board:
    """One target; ``install`` comes first."""

    shell: Shell
    files: Files
    place: str
    """Directory on it in which everything is kept; survives the loss of power."""
    python: str = "python3"

    @property
    def library(self) -> str:
        """Where our wheel is installed."""
        return f"{self.place}/lib"

    def run(self, command: str) -> Said:
        """Run a command; a failure is no error here."""
        out, err, code = self.shell.run(command, timeout=_TIMEOUT_SECONDS)
        return Said(out="\n".join(out), err="\n".join(err), code=code)

    def check(self, command: str) -> str:
        """Run a command that has to succeed and return what it said."""
        said = self.run(command)
        assert said.code == 0, f"{command}: {said}"
        return said.out

    def write(self, data: bytes, path: str) -> None:
        """Write a file."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            self.files.put(file.name, path)

    def read(self, path: str) -> bytes:
        """Read a file."""
        with tempfile.TemporaryDirectory() as directory:
            copy = Path(directory, "file")
            self.files.get(path, str(copy))
            return copy.read_bytes()

    def unpack(self, archive: bytes, directory: str) -> None:
        """Unpack a tar archive into a directory, which is made."""
        name = f"{self.place}/unpacked.tar"
        self.write(archive, name)
        self.check(f"mkdir -p {directory} && tar -xf {name} -C {directory} && rm {name}")

    def install(self, wheel: Path, *, with_pip: bool) -> None:
        """Install our wheel with pip, and lay the scripts beside it that tests run there.

        Args:
            wheel: ours.
            with_pip: pip fetches what it depends on; else the target has it already.

        """
        self.check(f"mkdir -p {self.place}")
        name = f"{self.place}/{wheel.name}"
        self.write(wheel.read_bytes(), name)
        if with_pip:
            self.check(f"{self.python} -m venv {self.place}/venv")
            self.python = f"{self.place}/venv/bin/python"
        options = "" if with_pip else "--no-index --no-deps"
        self.check(f"{self.python} -m pip install --quiet {options} --target {self.library} {name}")
        self.unpack(tar_of({name: (ROOT / name).read_bytes() for name in _SHIPPED}), self.suite)

    def link(self, tree: Path) -> None:
        """Use a source tree that is on the target already, instead of installing anything."""
        for name in (self.library, self.suite):
            self.check(f"ln -s {tree} {name}")

    @property
    def suite(self) -> str:
        """Where the scripts of the tests are."""
        return f"{self.place}/suite"

    def command(self, module: str, *arguments: str) -> str:
        """Return the command line that runs a module of ours."""
        words = shlex.join((self.python, "-m", module, *arguments))
        return f"cd {self.suite} && PYTHONPATH={self.library}:{self.suite} {words}"

    def edgeagent(self, home: str, *arguments: str) -> Said:
        """Run the command line on a home."""
        return self.run(self.command("edgeagent", "--home", home, *arguments))

    def json(self, home: str, *arguments: str) -> Any:  # noqa: ANN401  (whatever it prints)
        """Run a command that has to succeed and return the object it prints."""
        return self.edgeagent(home, *arguments, "--json").json()

    def onboard(self, script: str, *arguments: str) -> Any:  # noqa: ANN401  (whatever it prints)
        """Run one of ``tests/hil/onboard`` and return the object it prints."""
        return self.run(self.command(f"tests.hil.onboard.{script}", *arguments)).json()


def tar_of(files: dict[str, bytes]) -> bytes:
    """Return an archive of files by path."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name.lstrip("/"))
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
