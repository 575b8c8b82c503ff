"""``python -m tests.cli.terminal``: run command lines of a program at a terminal of its own."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.pages.made import PROGRAMS

__all__ = ["at_terminal"]

_BETWEEN = "\x1e"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def at_terminal(
    program: str, lines: Sequence[Sequence[str]], directory: Path, *, columns: int, language: str
) -> list[str]:
    """Return what each command line shows, without colours.

    One process runs them all, with a terminal of so many columns as its stdout and stderr.

    Args:
        program: which command line.
        lines: arguments of each.
        directory: where the process may leave a file.
        columns: width of the terminal.
        language: such as ``de``.

    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    written = directory / "lines.json"
    written.write_text(json.dumps([program, lines]))
    environment = {**os.environ, "LANGUAGE": language, "TERM": "xterm"}
    environment.pop("COLUMNS", None)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.cli.terminal", str(written)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = _all_of(ours)
    os.close(ours)
    assert process.returncode == 0, shown
    said = _CONTROL.sub("", shown.decode()).replace("\r\n", "\n")
    return said.split(_BETWEEN)[1:]


def _all_of(terminal: int) -> bytes:
    """Read until the other side is closed, which Linux calls an error of the device."""
    parts = []
    with suppress(OSError):
        while part := os.read(terminal, 65536):
            parts.append(part)
    return b"".join(parts)


def main() -> None:
    """Run the command lines of the file that is named."""
    program, lines = json.loads(Path(sys.argv[1]).read_text())
    for line in lines:
        sys.stdout.write(_BETWEEN)
        sys.stdout.flush()
        with suppress(SystemExit):
            PROGRAMS[program].main(line, prog_name=program)


if __name__ == "__main__":
    main()
