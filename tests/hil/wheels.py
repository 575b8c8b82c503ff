"""What goes onto a target: our wheel, and what it depends on, for aarch64."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path

from edgeagent.install.debian_package import build_debian_package
from tests.hil.plants import Plant
from tests.hil.rootfs import Suite

__all__ = [
    "ROOT",
    "build_package",
    "build_wheel",
    "compile_sources",
    "dependencies",
    "install_dependencies",
]

ROOT = Path(__file__).parents[2]

PYTHON: dict[Suite, str] = {"bookworm": "3.11", "trixie": "3.13"}
_GLIBC = ("2_34", "2_31", "2_28", "2_27", "2_26", "2_17")
"""Which wheels run there; pip takes what it is told, and nothing older of its own accord."""
_SOURCES = (
    *("edgeagent", "model_export", "server_stub"),
    *("pyproject.toml", "README.md", "LICENSE", "NOTICE"),
)


def dependencies() -> tuple[str, ...]:
    """Return what the device core requires, as ``pyproject.toml`` says it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return (*project["dependencies"], *project["optional-dependencies"]["service"])


def install_dependencies(root: Path, *, suite: Suite) -> None:
    """Unpack every dependency to where Debian's Python looks for what an administrator adds."""
    version = PYTHON[suite]
    interpreter = f"cp{version.replace('.', '')}"
    target = root / f"usr/local/lib/python{version}/dist-packages"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "-qq", "--no-compile"),
            *("--only-binary=:all:", "--target", str(target), "--python-version", version),
            *("--implementation", "cp", "--abi", interpreter, "--abi", "abi3", "--abi", "none"),
            *(f"--platform=manylinux_{glibc}_aarch64" for glibc in _GLIBC),
            "--platform=manylinux2014_aarch64",
            *("pip", *dependencies()),  # pip is what installs our wheel on the target
        ],
        check=True,
        stdin=subprocess.DEVNULL,
    )


def compile_sources(root: Path, *, suite: Suite, say: Callable[[str], None]) -> None:
    """Compile all Python in ``root``, if a Python of the same version is here to do it.

    Without, a target compiles what it needs, at every start. Packages that do not compile (tests of
    syntax errors) are passed over.
    """
    version = PYTHON[suite]
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    python = sys.executable if here == version else shutil.which(f"python{version}")
    if python is None or subprocess.run([python, "-c", ""], check=False).returncode:
        say(f"no Python {version} is here to compile with: every start on the target takes longer")
        return
    subprocess.run(
        [
            *(python, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"),
            *("-s", str(root), "-p", "/", str(root / f"usr/lib/python{version}")),
            *(str(root / "usr/lib/python3"), str(root / f"usr/local/lib/python{version}")),
        ],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )


def build_package(wheel: Path, directory: Path, *, suite: Suite) -> Path:
    """Build the Debian package of a wheel for arm64 into ``directory``."""
    return build_debian_package(wheel, directory, architecture="arm64", python=PYTHON[suite])


def build_wheel(directory: Path, *, plant: Plant | None = None) -> Path:
    """Build our wheel into ``directory``, maybe with a fault, and return it; the tree stays."""
    with tempfile.TemporaryDirectory() as copy:
        for name in _SOURCES:
            source, target = ROOT / name, Path(copy, name)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        if plant is not None:
            plant.put_into(Path(copy))
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps"),
                *("--wheel-dir", str(directory), copy),
            ],
            check=True,
            stdin=subprocess.DEVNULL,
        )
    (wheel,) = directory.glob("edgeagent-*.whl")
    return wheel
