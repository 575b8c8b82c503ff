"""Errands: our own commands, each in a process of its own that is gone afterwards.

They load python-tuf and urllib3, which the resident process never does, and open the box like any
other process; what they changed is there for the service when they end.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from edgeagent.errors import NetworkError

__all__ = ["Commands"]

_PATIENCE_SECONDS = 1800
"""A catalogue of 100 MB over a slow line; a command that hangs must not hang the service."""


class Commands:
    """Runs ``edgeagent`` itself."""

    def __init__(self, home: Path, config_file: Path | None) -> None:
        """Run commands on ``home``."""
        self._home = home
        self._options = ["--home", str(home)]
        if config_file is not None:
            self._options += ["--config", str(config_file)]

    def prepare(self) -> None:
        """Make a new box: it takes sqlite-utils, which the resident process never loads.

        Raises:
            NetworkError: it failed; the message is the command's own.

        """
        if not all((self._home / name).exists() for name in ("ledger.db", "history.db")):
            self._run("profile", "list")

    def update_model(self) -> None:
        """Fetch, verify and activate what is new.

        Raises:
            NetworkError: it failed; the message is the command's own.

        """
        self._run("model", "update")

    def send_reports(self) -> None:
        """Send what is due.

        Raises:
            NetworkError: it failed; the message is the command's own.

        """
        self._run("report", "send")

    def _run(self, *words: str) -> None:
        try:
            done = subprocess.run(  # noqa: S603  (our own interpreter and module)
                [sys.executable, "-P", "-m", "edgeagent", *self._options, *words, "--json"],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                timeout=_PATIENCE_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NetworkError(
                f"{' '.join(words)} did not run to its end", hint="it is tried again later"
            ) from error
        if done.returncode:
            message, _, hint = done.stderr.strip().partition("\n")
            raise NetworkError(
                message.removeprefix("error: ") or f"{' '.join(words)} failed",
                hint=hint.strip().removeprefix("try: "),
            )
