"""What pip resolves for a box, installed into one directory, and a list of what exactly that was.

The list is a requirements file with the hash of every wheel. Given back to pip it installs the same
again, whatever has been published since: the way to build a package a second time.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from edgeagent.errors import InputError

__all__ = ["Target", "install_wheels", "pinned_hashes", "run_tool"]

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_GLIBC = ("2_34", "2_31", "2_28", "2_27", "2_26", "2_17")
"""Wheels for these run on Debian 12 and later; pip does not add the older ones by itself."""
_OURS = "edgeagent"
_HEAD = """\
# What this was built from. To build it again from the same wheel of edgeagent:
# edgeagent service deb --wheel WHEEL --requirements THIS_FILE
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The machine and Python that wheels are for."""

    architecture: str
    """Debian's name of it."""
    python: str
    """Such as ``3.11``."""

    def pip_options(self) -> tuple[str, ...]:
        """Return what tells pip to fetch for this target, wherever pip itself runs."""
        machine = _MACHINES[self.architecture]
        return (
            *("--only-binary=:all:", "--implementation", "cp", "--python-version", self.python),
            *("--abi", f"cp{self.python.replace('.', '')}", "--abi", "abi3", "--abi", "none"),
            *(f"--platform=manylinux_{glibc}_{machine}" for glibc in _GLIBC),
            f"--platform=manylinux2014_{machine}",
        )


def install_wheels(
    wheel: Path,
    library: Path,
    *,
    target: Target | None,
    pinned: Path | None = None,
    extra: str = "service",
) -> str:
    """Install our wheel and what an extra of it needs; return the list of what it needs.

    Args:
        wheel: ours.
        library: directory to install into.
        target: what to fetch wheels for; ``None``: the machine and Python that run this.
        pinned: a list made before; pip refuses whatever differs from it.
        extra: of our wheel.

    Raises:
        InputError: pip is missing, or fails; the message has its last line.

    """
    with TemporaryDirectory() as name:
        report, wanted = Path(name, "report.json"), Path(name, "requirements.txt")
        wanted.write_text(_wanted(wheel, pinned, extra), "utf-8")
        run_tool(
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"),
            *("--target", str(library), "--report", str(report)),
            *(() if target is None else target.pip_options()),
            *("--requirement", str(wanted)),
        )
        installed = json.loads(report.read_text("utf-8"))["install"]
    lines = sorted(
        f"{entry['metadata']['name']}=={entry['metadata']['version']} "
        f"--hash=sha256:{entry['download_info']['archive_info']['hashes']['sha256']}\n"
        for entry in installed
        if entry["metadata"]["name"] != _OURS
    )
    return _HEAD + "".join(lines)


def pinned_hashes(pinned: str) -> dict[str, str]:
    """Return the SHA-256 of each wheel of a list, by the name and version of what is in it."""
    lines = (line for line in pinned.splitlines() if line[:1] != "#")
    return dict(line.split(" --hash=sha256:", 1) for line in lines)


def run_tool(*command: str, environment: dict[str, str] | None = None) -> str:
    """Run a program of the build, and return what it prints.

    Raises:
        InputError: it is missing, or fails; the message has its last line.

    """
    try:
        done = subprocess.run(  # noqa: S603  (pip, dpkg-deb and the like, by name)
            command, check=False, capture_output=True, text=True, env=environment
        )
    except OSError as error:
        raise InputError(
            f"{command[0]}: {error.strerror}", hint="apt-get install dpkg python3-pip"
        ) from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise InputError(f"{command[0]} failed: {last}", hint="run it by hand to see more")
    return done.stdout


def _wanted(wheel: Path, pinned: Path | None, extra: str) -> str:
    ours = f"{_OURS}[{extra}] @ {wheel.absolute().as_uri()}"
    if pinned is None:
        return f"{ours}\n"
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()  # a hash for one asks for all
    return f"{ours} --hash=sha256:{digest}\n{pinned.read_text('utf-8')}"
