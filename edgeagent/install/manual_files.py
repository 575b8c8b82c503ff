"""Man pages and completion of a packaged program, as the program in the package says them.

The Python that builds runs it: what it needs besides our own code may be compiled for another
machine, and comes from the builder's own installation.
"""

from __future__ import annotations

import gzip
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from edgeagent.errors import InputError
from edgeagent.install.resolved_wheels import run_tool
from edgeagent.install.same_bytes import EPOCH_VARIABLE

__all__ = ["require_click_man", "write_manual_files"]

_OURS = ("edgeagent", "model_export", "server_stub")
_COMPLETION = {
    "bash": "usr/share/bash-completion/completions/{program}",
    "zsh": "usr/share/zsh/vendor-completions/_{program}",
    "fish": "usr/share/fish/vendor_completions.d/{program}.fish",
}
"""Where each shell of Debian looks."""


def require_click_man() -> None:
    """Raise unless man pages can be made here.

    Raises:
        InputError: click-man is missing.

    """
    if find_spec("click_man") is None:
        raise InputError(
            "a package holds man pages, and making them needs the package 'click-man'",
            hint="install edgeagent with its extra: pip install 'edgeagent[release]'",
        )


def write_manual_files(root: Path, *, library: Path, program: str, at: int) -> None:
    """Write a page for each command and a completion for each shell below ``root``.

    Args:
        root: of the package.
        library: where our wheel lies in it.
        program: console script, such as ``server-stub``.
        at: date of the pages, seconds UTC.

    Raises:
        InputError: the program does not run.

    """
    module = program.replace("-", "_")
    command = (sys.executable, "-P", "-m", module)  # -P: no code from where the builder stands
    pages = root / "usr/share/man/man1"
    with TemporaryDirectory() as name:
        for ours in _OURS:
            (Path(name) / ours).symlink_to(library / ours)
        environment = {
            **os.environ,
            "PYTHONPATH": name,
            "PYTHONDONTWRITEBYTECODE": "1",
            "LC_ALL": "C.UTF-8",
            EPOCH_VARIABLE: str(at),
        }
        run_tool(*command, "--man-pages", str(pages), environment=environment)
        for shell, place in _COMPLETION.items():
            asks = {f"_{module.upper()}_COMPLETE": f"{shell}_source"}
            script = run_tool(*command, environment=environment | asks)
            target = root / place.format(program=program)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(script, "utf-8")
            target.chmod(0o644)
    for page in sorted(pages.iterdir()):
        packed = page.with_name(f"{page.name}.gz")
        packed.write_bytes(gzip.compress(page.read_bytes(), 9, mtime=0))
        packed.chmod(0o644)
        page.unlink()
