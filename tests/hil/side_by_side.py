"""Several rehearsals at once, each in a process of its own that tears down what it has set up."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

__all__ = ["run_side_by_side"]

_END_SECONDS = 120


def run_side_by_side(commands: Mapping[str, Sequence[str]], *, cwd: Path) -> dict[str, bytes]:
    """Run commands at once and return what each has said on stdout; all are over afterwards."""
    with ExitStack() as stack:
        running = {
            name: stack.enter_context(_process(command, cwd)) for name, command in commands.items()
        }
        return {name: process.communicate()[0] for name, process in running.items()}


@contextmanager
def _process(command: Sequence[str], cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,  # one JSON object, which fits into the pipe
        start_new_session=True,  # Ctrl-C is for us, who end it
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
