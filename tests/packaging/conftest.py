"""The Debian package, built once, and installed into chroots as an image builder would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hil.wheels import build_wheel

NEEDS = ("mmdebstrap", "dpkg-deb", "setpriv", "chroot")
SMALL = "python3,libstdc++6,systemd-standalone-sysusers"
WHOLE = "python3,libstdc++6,systemd,systemd-sysv,dbus"


def run(*command: str | Path, timeout: int = 1200) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        check=False,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="session")
def nspawn() -> None:
    """Ask for this before ``package``, which takes a minute and a half to build."""
    if shutil.which("systemd-nspawn") is None:
        pytest.skip("needs apt-get install systemd-container")


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if os.geteuid() != 0:
        pytest.skip("needs root, for a chroot")
    if not all(shutil.which(tool) for tool in NEEDS):
        pytest.skip("needs apt-get install mmdebstrap dpkg util-linux")
    if sys.version_info[:2] != (3, 11):
        pytest.skip("needs the Python of Debian 12, to build for it")
    directory = tmp_path_factory.mktemp("package")
    wheel = build_wheel(directory)
    run(sys.executable, "-m", "edgeagent", "service", "deb", "--wheel", wheel, "--out", directory)
    (built,) = directory.glob("*.deb")
    return built


@pytest.fixture(scope="module")
def chroot(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Debian 12 without systemd, the package installed."""
    root = tmp_path_factory.mktemp("debian") / "root"
    _install(package, root, include=SMALL)
    run("mount", "-t", "proc", "proc", root / "proc")
    yield root
    run("umount", root / "proc")
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="module")
def image(nspawn: None, package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Debian 12 that can be switched on, the package installed while it was off."""
    del nspawn  # first of all, it says whether there is anything to do
    root = tmp_path_factory.mktemp("image") / "root"
    _install(package, root, include=WHOLE)
    yield root
    shutil.rmtree(root, ignore_errors=True)


def _install(package: Path, root: Path, *, include: str) -> None:
    run("mmdebstrap", "--quiet", "--variant=minbase", f"--include={include}", "bookworm", root)
    shutil.copy(package, root / package.name)
    run("chroot", root, "dpkg", "-i", f"/{package.name}")
