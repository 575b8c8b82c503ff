"""The stub server as a separate process, on a free loopback port."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgeagent.clock import iso_utc
from edgeagent.errors import NetworkError

__all__ = ["running_server"]

_STOP_SECONDS = 10


@contextmanager
def running_server(repository: Path, store: Path, *, now: int, grace_weeks: int) -> Iterator[str]:
    """Serve a repository and accept reports; yield the server's URL, and stop it afterwards.

    Args:
        repository: the directory that ``server_stub.distribution`` wrote.
        store: the server's database.
        now: the time the server uses, seconds UTC.
        grace_weeks: how many weeks after its week a report is accepted.

    Raises:
        NetworkError: it does not start; the message contains its output.

    """
    arguments = [
        *(sys.executable, "-m", "server_stub", "serve", "--json"),
        *("--repository", str(repository), "--store", str(store), "--port", "0"),
        *("--at", iso_utc(now), "--grace-weeks", str(grace_weeks)),
    ]
    # In its own process group: Ctrl-C reaches only the simulation, which then stops the server.
    process = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        yield _address(process)
    finally:
        process.terminate()
        try:
            process.communicate(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _address(process: subprocess.Popen[bytes]) -> str:
    line = process.stdout.readline() if process.stdout else b""
    try:
        return str(json.loads(line)["url"])
    except (ValueError, KeyError) as error:
        complaint = process.stderr.read().decode(errors="replace") if process.stderr else ""
        raise NetworkError(
            f"the stub server did not start: {complaint.strip() or line!r}",
            hint="run it alone: server-stub serve --help",
        ) from error
