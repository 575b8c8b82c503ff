"""NetworkJobs as commands of our own, each in a process that ends with its job.

They load python-tuf and urllib3, which the resident process never does, and open the box like any
other process; the service sees their changes when they end.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from edgeagent.errors import EdgeAgentError, MalformedMessage, NetworkError
from edgeagent.messages.failure import decode_failure
from edgeagent.store.home_files import DATABASES, database_file

__all__ = ["Subprocesses"]

_TOTAL_SECONDS = 20 * 60
"""More than an update may take by its own deadline, preparation included: a command that still
runs then hangs, and is killed."""


class Subprocesses:
    """Runs ``edgeagent`` itself."""

    def __init__(
        self,
        home: Path,
        config_file: Path | None,
        *,
        program: Sequence[str] = (sys.executable, "-P", "-m", "edgeagent"),
    ) -> None:
        """Run commands on ``home``; ``program`` replaces our own command in tests."""
        self._home = home
        self._options = [*program, "--json-errors", "--home", str(home)]
        if config_file is not None:
            self._options += ["--config", str(config_file)]
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    def prepare(self) -> None:
        """Make a new box: it takes sqlite-utils, which the resident process never loads.

        Raises:
            EdgeAgentError: it failed; kind and message are the command's own.

        """
        if not all(database_file(self._home, name).exists() for name in DATABASES):
            self._run("job", "prepare")

    def fetch_update(self, moment: float | None = None) -> None:
        """Fetch and verify what is published.

        Raises:
            EdgeAgentError: it failed; kind and message are the command's own.

        """
        self._run("job", "fetch", *_at(moment))

    def send_reports(self, moment: float | None = None) -> None:
        """Send what is due.

        Raises:
            EdgeAgentError: it failed; kind and message are the command's own.

        """
        self._run("job", "send", *_at(moment))

    def call_off(self) -> None:
        """Kill running commands; the stores survive that as they survive a power cut."""
        with self._lock:
            for child in self._running:
                child.kill()

    def close(self) -> None:
        """Kill running commands, and start none any more."""
        with self._lock:
            self._closed = True
        self.call_off()

    def _run(self, *words: str) -> None:
        child = self._start(words)
        try:
            _, said = child.communicate(timeout=_TOTAL_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            _, said = child.communicate()
        finally:
            with self._lock:
                self._running.discard(child)
        if child.returncode:
            raise _failure(words, said)

    def _start(self, words: tuple[str, ...]) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise NetworkError("the service is ending", hint="it is retried later")
            try:
                child = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
                    [*self._options, *words],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                )
            except OSError as error:
                raise NetworkError(
                    f"{' '.join(words[:2])} does not start: {error.strerror}",
                    hint="it is retried later",
                ) from error
            self._running.add(child)
            return child


def _failure(words: tuple[str, ...], said: bytes) -> EdgeAgentError:
    """Return the command's own error, or one that says that it was killed or crashed."""
    last_line = said.strip().rpartition(b"\n")[2]
    with suppress(MalformedMessage):
        return decode_failure(last_line).exception(otherwise=NetworkError)
    return NetworkError(f"{' '.join(words[:2])} was killed or crashed", hint="it is retried later")


def _at(moment: float | None) -> tuple[str, ...]:
    return () if moment is None else ("--moment", str(moment))
