"""The resident service on a home, for the length of a block."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.hil.onboard.line_client import LineClient

__all__ = ["WAIT_SECONDS", "serving"]

WAIT_SECONDS = 0.1


@contextmanager
def serving(home: str) -> Iterator[tuple[int, LineClient]]:
    """Start it, connect to it, and stop it afterwards; its process id and a connection."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "socket")
        command = [sys.executable, "-m", "edgeagent", "--home", home, "serve", "--ws-port", "0"]
        with subprocess.Popen([*command, "--socket", str(path)]) as process:
            try:
                while not path.exists() and process.poll() is None:
                    threading.Event().wait(WAIT_SECONDS)
                with closing(LineClient(path)) as client:
                    yield process.pid, client
            finally:
                process.send_signal(signal.SIGTERM)
