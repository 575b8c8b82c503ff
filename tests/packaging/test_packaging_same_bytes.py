"""Two builds give the same bytes: in other directories, at other times, under other umasks."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.hil.wheels import ROOT
from tests.packaging.conftest import run

pytestmark = pytest.mark.deep
EPOCH = "1700000000"
_SOURCES = ("edgeagent", "model_export", "server_stub")
_PAPERS = ("pyproject.toml", "README.md", "LICENSE", "NOTICE")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def build(*command: str | Path, umask: int, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        env={**os.environ, **environment},
        umask=umask,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-1000:]


def sources(directory: Path, *, umask: int) -> Path:
    """Copy the sources as ``git clone`` would make them under a umask, in another order."""
    before = os.umask(umask)
    try:
        for name in reversed(_SOURCES):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(
                ROOT / name, directory / name, ignore=ignored, copy_function=shutil.copyfile
            )
        for name in _PAPERS:
            shutil.copyfile(ROOT / name, directory / name)
    finally:
        os.umask(before)
    for path in (directory, *directory.rglob("*")):
        path.chmod((0o777 if path.is_dir() else 0o666) & ~umask)
    return directory


def wheel_of(tree: Path, *, umask: int, epoch: str = EPOCH, **environment: str) -> Path:
    out = tree.parent / "dist"
    command = ("pip", "wheel", "-qq", "--no-deps", "--wheel-dir", out, tree)
    build(*command, umask=umask, SOURCE_DATE_EPOCH=epoch, **environment)
    (wheel,) = out.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = sources(tmp_path_factory.mktemp("built") / "tree", umask=0o022)
    return wheel_of(tree, umask=0o022, TZ="UTC")


def test_the_wheel(built: Path, tmp_path: Path) -> None:
    tree = sources(tmp_path / "some/where/else", umask=0o077)
    assert digest(built) == digest(wheel_of(tree, umask=0o077, TZ="Asia/Tokyo"))


def test_the_wheel_holds_every_file_of_the_source_but_its_pages_and_catalogues(built: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("no history of commits, which names the files of the source")
    packed = {name for name in ZipFile(built).namelist() if ".dist-info/" not in name}
    known = run("git", "-C", ROOT, "ls-files", *_SOURCES).split()
    assert packed == {name for name in known if not name.endswith((".md", ".po"))}


@pytest.mark.parametrize("what", ["a byte", "the time"])
def test_a_wheel_that_differs_is_seen(built: Path, tmp_path: Path, what: str) -> None:
    tree = sources(tmp_path / "tree", umask=0o022)
    if what == "a byte":
        with (tree / "edgeagent/errors.py").open("ab") as file:
            file.write(b"\n")
    epoch = str(int(EPOCH) + 2) if what == "the time" else EPOCH  # a zip counts two seconds as one
    assert digest(built) != digest(wheel_of(tree, umask=0o022, epoch=epoch))


def test_the_debian_package(package: Path, tmp_path: Path) -> None:
    (wheel,) = package.parent.glob("*.whl")
    copy = tmp_path / "elsewhere" / wheel.name
    copy.parent.mkdir()
    shutil.copyfile(wheel, copy)
    unpacked, temporary, out = (tmp_path / name for name in ("unpacked", "temporary", "out"))
    temporary.mkdir()
    run("dpkg-deb", "-x", package, unpacked)
    requirements = unpacked / "usr/share/doc/edgeagent/requirements.txt"
    command = ("edgeagent", "service", "deb", "--wheel", copy, "--out", out)
    build(
        *(*command, "--requirements", requirements),
        umask=0o077,
        TMPDIR=str(temporary),
        TZ="Asia/Tokyo",
        PYTHONHASHSEED="7",
    )
    assert digest(out / package.name) == digest(package)
