"""NetworkJobs: our own commands, each in a process of its own that is gone afterwards.

They load python-tuf and urllib3, which the resident process never does, and open the box like any
other process; what they changed is there for the service when they end.
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
"""More than an update may take by its own deadline, its preparation included: whatever still runs
then hangs, and is ended."""


class Subprocesses:
    """Runs ``edgeagent`` itself."""

    def __init__(
        self,
        home: Path,
        config_file: Path | None,
        *,
        program: Sequence[str] = (sys.executable, "-P", "-m", "edgeagent"),
    ) -> None:
        """Run commands on ``home``; ``program`` is what to start instead of our own command."""
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
            self._run("profile", "list", "--json")

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
        """End what runs at once; the stores stand that, as they stand a power cut."""
        with self._lock:
            for child in self._running:
                child.kill()

    def close(self) -> None:
        """End what runs at once, and run nothing any more."""
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
                raise NetworkError("the service is ending", hint="it is tried again later")
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
                    hint="it is tried again later",
                ) from error
            self._running.add(child)
            return child


def _failure(words: tuple[str, ...], said: bytes) -> EdgeAgentError:
    """Return the command's own error, or that it came to no end of its own."""
    last_line = said.strip().rpartition(b"\n")[2]
    with suppress(MalformedMessage):
        return decode_failure(last_line).exception(otherwise=NetworkError)
    return NetworkError(
        f"{' '.join(words[:2])} did not run to its end", hint="it is tried again later"
    )


def _at(moment: float | None) -> tuple[str, ...]:
    return () if moment is None else ("--moment", str(moment))
