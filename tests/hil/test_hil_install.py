"""What an integrator does first."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from edgeagent import __version__
from tests.hil.board import Board

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def test_our_wheel_is_installed_and_says_its_version(board: Board) -> None:
    said = board.edgeagent(f"{board.place}/none", "--version")
    assert (said.code, __version__ in said.out) == (0, True), said
    where = board.onboard("whereabouts")["edgeagent"]
    assert where.startswith(board.library), where


@pytest.mark.lg_feature("arm64")
def test_the_machine_is_one_of_those_we_promise(board: Board) -> None:
    assert board.check("uname -m") == "aarch64"


def test_the_debian_package_brings_the_program(board: Board, tmp_path: Path) -> None:
    package = os.environ.get("LG_HIL_DEB")
    if package is None:
        pytest.skip("no Debian package: name one with LG_HIL_DEB or rehearse --deb")
    architecture = _field(package, "Architecture")
    if _MACHINES[architecture] != board.check("uname -m"):
        pytest.skip(f"the package is for {architecture}")
    archive = tmp_path / "package.tar"
    with archive.open("wb") as file:
        subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, stdout=file)
    root = f"{board.place}/deb"
    board.unpack(archive.read_bytes(), root)
    library = f"{root}/usr/lib/edgeagent"
    board.check(f"test -x {root}/usr/bin/edgeagent && test -d {library}/edgeagent")
    said = board.run(f"PYTHONPATH={library} {board.python} -P -m edgeagent --version")
    assert (said.code, __version__ in said.out) == (0, True), said
    home = f"{board.place}/homes/deb"
    said = board.run(f"PYTHONPATH={library} {board.python} -P -m edgeagent --home {home} doctor")
    assert said.code == 0, said


def _field(package: str, name: str) -> str:
    return subprocess.run(
        ["dpkg-deb", "--field", package, name], check=True, capture_output=True, text=True
    ).stdout.strip()
