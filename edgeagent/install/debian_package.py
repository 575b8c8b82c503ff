"""Build the Debian package: our wheel and its dependencies in a directory of their own.

Debian 12 has neither SQLCipher for Python nor python-tuf 7, so what pip resolves comes along, below
``/usr/lib/edgeagent``, where no other program sees it. The package is for the Python and the
architecture of the machine it is built on, or for others, of which nothing is run here.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from edgeagent import __version__
from edgeagent.errors import InputError
from edgeagent.install.debian_metadata import write_checksums, write_papers
from edgeagent.install.files import install_directory
from edgeagent.install.resolved_wheels import Target, install_wheels, run_tool
from edgeagent.install.same_bytes import EPOCH_VARIABLE, build_time, drop_traces, settle

__all__ = ["LIBRARY", "build_debian_package"]

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_SCRIPTS = ("postinst", "prerm", "postrm")
_UNITS = {
    "edgeagent.service": "lib/systemd/system/edgeagent.service",
    "edgeagent-dashboard.service": "lib/systemd/system/edgeagent-dashboard.service",
    "edgeagent-dashboard.socket": "lib/systemd/system/edgeagent-dashboard.socket",
    "edgeagent.sysusers.conf": "usr/lib/sysusers.d/edgeagent.conf",
    "edgeagent.tmpfiles.conf": "usr/lib/tmpfiles.d/edgeagent.conf",
}
_SETTINGS = "etc/edgeagent/config.toml"
LIBRARY = "usr/lib/edgeagent"
"""Where Python packages lie in it."""
_NOT_FOR_A_BOX = (
    "bin",
    "pip",  # sqlite-utils installs its plugins with it
    "pip-*.dist-info",
    "numpy/**/tests",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    "**/.gitignore",
)
"""A ninth of what pip resolves: nothing of it is ever imported there, and flash is scarce."""


def build_debian_package(
    wheel: Path,
    out: Path,
    *,
    architecture: str | None = None,
    python: str | None = None,
    requirements: Path | None = None,
) -> Path:
    """Build a package and return where it lies.

    The same wheel and the same ``requirements`` give the same bytes, wherever and whenever.

    Args:
        wheel: ours; ``pip wheel --no-deps .`` makes it.
        out: directory for the package.
        architecture: Debian's name of it; this machine's if none is given.
        python: such as ``3.11``; the one that runs this if none is given.
        requirements: what it needs, with hashes, from a package built before; without, what pip
            resolves today.

    Raises:
        InputError: a tool is missing, or fails; the message has its last line.

    """
    if not wheel.is_file():
        raise InputError(f"{wheel}: no such file", hint="make it first: pip wheel --no-deps .")
    here = _ARCHITECTURES.get(platform.machine()), f"3.{sys.version_info.minor}"
    architecture, python = architecture or here[0], python or here[1]
    if architecture is None:
        raise InputError(
            f"no package for {platform.machine()}", hint="build on x86-64 or arm64, 64 bits"
        )
    target = Target(architecture=architecture, python=python)
    at = build_time(wheel, os.environ)
    out.mkdir(parents=True, exist_ok=True)
    package = out / f"edgeagent_{__version__}_{architecture}.deb"
    with TemporaryDirectory() as name:
        root = Path(name) / "root"
        root.mkdir()
        library = root / LIBRARY
        pinned = install_wheels(
            wheel,
            library,
            target=None if (architecture, python) == here else target,
            pinned=requirements,
        )
        _prune(library)
        drop_traces(library)
        if python == here[1]:
            _compile(root)
        _install_files(root)
        write_papers(root, library=library, pinned=pinned, at=at)
        _control(root, target)
        write_checksums(root)
        settle(root, at=at)
        _pack(root, package, at=at)
    return package


def _pack(root: Path, package: Path, *, at: int) -> None:
    # The number of threads decides where xz cuts its blocks.
    run_tool(
        *("dpkg-deb", "--build", "--root-owner-group", "-Zxz", "-z1", str(root), str(package)),
        environment={**os.environ, EPOCH_VARIABLE: str(at), "DPKG_DEB_THREADS_MAX": "1"},
    )


def _compile(root: Path) -> None:
    """Compile all Python for where it will lie: the service may not write there, ever.

    A package for another Python goes without, and compiles whatever it imports at each start.
    """
    subprocess.run(  # noqa: S603  (this very Python)
        [
            *(sys.executable, "-m", "compileall", "-q", "-j", "0"),
            *("--invalidation-mode", "unchecked-hash", "-s", str(root), "-p", "/"),
            str(root / LIBRARY),
        ],
        env={**os.environ, "PYTHONHASHSEED": "0"},  # the order of sets is compiled in
        check=False,  # what others have put there to be refused by a compiler, is
        capture_output=True,
    )


def _prune(library: Path) -> None:
    for pattern in _NOT_FOR_A_BOX:
        for path in sorted(library.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in library.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)  # libraries are read, not run


def _install_files(root: Path) -> None:
    source = install_directory()
    for name, target in _UNITS.items():
        _copy(source / "systemd" / name, root / target, mode=0o644)
    _copy(source / "config.toml", root / _SETTINGS, mode=0o644)
    _copy(source / "launcher", root / "usr/bin/edgeagent", mode=0o755)


def _control(root: Path, target: Target) -> None:
    source, control = install_directory() / "debian", root / "DEBIAN"
    control.mkdir()
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    minor = int(target.python.partition(".")[2])
    values = {
        "VERSION": __version__,
        "ARCHITECTURE": target.architecture,
        "INSTALLED_SIZE": str(size // 1024),
        "PYTHON": f"3.{minor}",
        "NEXT_PYTHON": f"3.{minor + 1}",
    }
    text = (source / "control").read_text("utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    (control / "control").write_text(text, "utf-8")
    (control / "conffiles").write_text(f"/{_SETTINGS}\n", "utf-8")
    for name in _SCRIPTS:
        _copy(source / name, control / name, mode=0o755)


def _copy(source: Path, target: Path, *, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)
