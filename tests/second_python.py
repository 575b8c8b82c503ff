"""``python -m tests.second_python``: the fast tests under the Python of another Debian.

The system is built once and kept; what this project needs is installed into a copy of it each time.
Without root, mmdebstrap or a mirror of that Debian it is skipped, with the reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import click
import platformdirs

from tests.hil.cache import Cache

__all__ = ["main"]

_ROOT = Path(__file__).parents[1]
_PACKAGES = (
    "ca-certificates",
    "git",
    "libgomp1",  # of implicit, which trains
    "procps",
    "python3",
    "python3-venv",
    "socat",
    "util-linux",
)
_SETTINGS = ("CERT", "BUNDLE", "PIP_")
"""What tells pip how to reach its registry: passed on, files that it names included."""


@click.command()
@click.option("--suite", default="trixie", show_default=True, help="Of Debian.")
@click.option("--prepare", is_flag=True, help="Build the system, if there is none, and no more.")
@click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="EDGEAGENT_CI_CACHE",
    help="Where it is kept.  [default: edgeagent-ci in the user's cache]",
)
def main(*, suite: str, prepare: bool, cache: Path | None) -> None:
    """Run the fast tests under the Python of another Debian, in a chroot."""
    if (reason := _missing()) is not None:
        click.echo(f"skipped: {reason}")
        return
    kept = Cache((cache or platformdirs.user_cache_path("edgeagent-ci")).resolve())
    try:
        built = kept.get(suite, recipe=_PACKAGES, build=lambda directory: _build(directory, suite))
    except subprocess.CalledProcessError:  # a mirror that is down says nothing of this project
        click.echo(f"skipped: mmdebstrap could not build Debian {suite}; its words are above")
        return
    if not prepare:
        sys.exit(_test(built / "root.tar"))


def _missing() -> str | None:
    if os.geteuid() != 0:
        return "a chroot is entered by root: run it as root"
    if shutil.which("mmdebstrap") is None:
        return "needs apt-get install mmdebstrap"
    return None


def _build(directory: Path, suite: str) -> None:
    subprocess.run(
        [
            *("mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(_PACKAGES)}"),
            *(suite, str(directory / "root.tar")),
        ],
        check=True,
        stdin=subprocess.DEVNULL,
    )


def _test(system: Path) -> int:
    settings = {
        name: value
        for name, value in os.environ.items()
        if any(part in name for part in _SETTINGS) and name != "EDGEAGENT_CI"
    }
    with tempfile.TemporaryDirectory(prefix="edgeagent-second-") as name:
        root = Path(name)
        with tarfile.open(system) as archive:
            archive.extractall(root, filter="fully_trusted")  # noqa: S202  (made by ourselves)
        _take_along(root, [Path("/etc/resolv.conf"), *map(Path, settings.values())])
        subprocess.run(["git", "clone", "--quiet", _ROOT, root / "project"], check=True)
        return subprocess.run(
            [
                *("unshare", "--mount", "sh", "-euc", _ENTER, "enter", str(root)),
                *("env", "-i", "HOME=/root", "LC_ALL=C.UTF-8"),
                "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                f"PYTEST_ADDOPTS={os.environ.get('PYTEST_ADDOPTS', '')}",
                *(f"{name}={value}" for name, value in settings.items()),
                *("sh", "-euc", _COMMANDS),
            ],
            check=False,
            stdin=subprocess.DEVNULL,
        ).returncode


# In a mount namespace of its own: what is mounted, by tests too, is gone when the last process is.
_ENTER = """
root=$1
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs shm "$root/dev/shm"
mount --rbind /sys "$root/sys"
shift
exec chroot "$root" "$@"
"""
_COMMANDS = """
cd /project
python3 --version
python3 -m venv .venv
.venv/bin/pip install --quiet -e '.[test]'
.venv/bin/pytest
"""


def _take_along(root: Path, files: list[Path]) -> None:
    for file in files:
        if file.is_absolute() and file.is_file():
            copy = root / file.relative_to("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.unlink(missing_ok=True)
            shutil.copy(file, copy)


if __name__ == "__main__":
    main()
