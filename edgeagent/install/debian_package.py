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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from edgeagent import __version__
from edgeagent.errors import InputError
from edgeagent.install.debian_metadata import write_checksums, write_papers
from edgeagent.install.files import install_directory
from edgeagent.install.manual_files import require_click_man, write_manual_files
from edgeagent.install.resolved_wheels import Target, install_wheels, run_tool
from edgeagent.install.same_bytes import EPOCH_VARIABLE, build_time, drop_traces, settle

__all__ = ["BOX", "LIBRARY", "DebianContents", "build_debian_package"]

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_SCRIPTS = ("postinst", "prerm", "postrm")
_SETTINGS = "etc/edgeagent/config.toml"
LIBRARY = "usr/lib/edgeagent"
"""Where Python packages lie in a box's package."""
_NOT_FOR_A_BOX = (
    "bin",
    "pip",  # sqlite-utils installs its plugins with it
    "pip-*.dist-info",
    "numpy/**/tests",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    "segno/cli.py",
    "**/.gitignore",
)
"""A ninth of what pip resolves: nothing of it is ever imported there, and flash is scarce."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DebianContents:
    """What a package is called, and what lies in it besides Python."""

    name: str
    """Its Python packages lie in ``/usr/lib/<name>``."""
    extra: str
    """Of our wheel: what else it needs."""
    source: Path
    """Has ``debian/`` with control and scripts, and what ``files`` names."""
    program: str
    """Below ``/usr/bin``: ``launcher``."""
    files: Mapping[str, str]
    """From below ``source`` to below the root of the package."""
    settings: tuple[str, ...] = ()
    """Those among them that an administrator edits."""
    unneeded: tuple[str, ...] = ()
    """Patterns of what pip resolves and nothing there imports."""


BOX = DebianContents(
    name="edgeagent",
    extra="service",
    source=install_directory(),
    program="edgeagent",
    files={
        "systemd/edgeagent.service": "lib/systemd/system/edgeagent.service",
        "systemd/edgeagent-dashboard.service": "lib/systemd/system/edgeagent-dashboard.service",
        "systemd/edgeagent-dashboard.socket": "lib/systemd/system/edgeagent-dashboard.socket",
        "systemd/edgeagent.sysusers.conf": "usr/lib/sysusers.d/edgeagent.conf",
        "systemd/edgeagent.tmpfiles.conf": "usr/lib/tmpfiles.d/edgeagent.conf",
        "config.toml": _SETTINGS,
    },
    settings=(_SETTINGS,),
    unneeded=_NOT_FOR_A_BOX,
)


def build_debian_package(
    wheel: Path,
    out: Path,
    *,
    contents: DebianContents = BOX,
    architecture: str | None = None,
    python: str | None = None,
    requirements: Path | None = None,
) -> Path:
    """Build a package and return where it lies.

    The same wheel and the same ``requirements`` give the same bytes, wherever and whenever.

    Args:
        wheel: ours; ``pip wheel --no-deps .`` makes it.
        out: directory for the package.
        contents: which package; the box's if none is given.
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
    require_click_man()
    out.mkdir(parents=True, exist_ok=True)
    package = out / f"{contents.name}_{__version__}_{architecture}.deb"
    with TemporaryDirectory() as name:
        root = Path(name) / "root"
        root.mkdir()
        library = root / "usr/lib" / contents.name
        pinned = install_wheels(
            wheel,
            library,
            target=None if (architecture, python) == here else target,
            pinned=requirements,
            extra=contents.extra,
        )
        _prune(library, contents.unneeded)
        drop_traces(library)
        if python == here[1]:
            _compile(root, library)
        _install_files(root, contents)
        write_manual_files(root, library=library, program=contents.program, at=at)
        write_papers(
            root, library=library, pinned=pinned, at=at, name=contents.name, source=contents.source
        )
        _control(root, target, contents)
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


def _compile(root: Path, library: Path) -> None:
    """Compile all Python for where it will lie: the service may not write there, ever.

    A package for another Python goes without, and compiles whatever it imports at each start.
    """
    subprocess.run(  # noqa: S603  (this very Python)
        [
            *(sys.executable, "-m", "compileall", "-q", "-j", "0"),
            *("--invalidation-mode", "unchecked-hash", "-s", str(root), "-p", "/"),
            str(library),
        ],
        env={**os.environ, "PYTHONHASHSEED": "0"},  # the order of sets is compiled in
        check=False,  # what others have put there to be refused by a compiler, is
        capture_output=True,
    )


def _prune(library: Path, unneeded: Iterable[str]) -> None:
    for pattern in unneeded:
        for path in sorted(library.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in library.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)  # libraries are read, not run


def _install_files(root: Path, contents: DebianContents) -> None:
    for name, target in contents.files.items():
        _copy(contents.source / name, root / target, mode=0o644)
    _copy(contents.source / "launcher", root / "usr/bin" / contents.program, mode=0o755)


def _control(root: Path, target: Target, contents: DebianContents) -> None:
    source, control = contents.source / "debian", root / "DEBIAN"
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
    if contents.settings:
        edited = "".join(f"/{path}\n" for path in contents.settings)
        (control / "conffiles").write_text(edited, "utf-8")
    for name in _SCRIPTS:
        _copy(source / name, control / name, mode=0o755)


def _copy(source: Path, target: Path, *, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)
