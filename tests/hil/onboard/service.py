"""``python -m tests.hil.onboard.service HOME TITLE``: the resident service, used and measured.

Without TITLE it is left alone until it has drawn a report, and has had an answer if one was due.

It is asked what an app and a home screen ask, over its unix socket. Sizes are KiB, from ``/proc``:
of the service at rest, after it has stored and read, and of its scoring child.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgeagent.clock import SystemClock
from tests.hil.onboard.line_client import LineClient

__all__ = ["main"]

_ROUNDS = 12
_HEAVY = ("numpy", "onnxruntime", "sqlite_utils")
_WAIT_SECONDS = 0.1


@contextmanager
def _service(home: str) -> Iterator[tuple[int, LineClient]]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "socket")
        command = [sys.executable, "-m", "edgeagent", "--home", home, "serve", "--ws-port", "0"]
        with subprocess.Popen([*command, "--socket", str(path)]) as process:
            try:
                while not path.exists() and process.poll() is None:
                    threading.Event().wait(_WAIT_SECONDS)
                yield process.pid, LineClient(path)
            finally:
                process.send_signal(signal.SIGTERM)


def main() -> None:
    """Use and measure, or wait."""
    home, *titles = sys.argv[1:]
    answer = _used(home, titles[0]) if titles else _left_alone(home)
    sys.stdout.write(json.dumps(answer) + "\n")


def _left_alone(home: str) -> Any:  # noqa: ANN401  (JSON)
    with _service(home) as (_, client):
        while not _done(found := client.ask("EdgeAgent.disclosures")):
            threading.Event().wait(_WAIT_SECONDS)
    return found


def _done(found: Any) -> bool:  # noqa: ANN401  (JSON)
    now = SystemClock().now()
    return bool(found) and all(r["outcome"] or r["dueAt"] > now for r in found)


def _used(home: str, title: str) -> Any:  # noqa: ANN401  (JSON)
    with _service(home) as (pid, client):
        for purpose in ("history", "personalization"):
            client.ask("EdgeAgent.grant", purpose=purpose)
        client.ask("EdgeAgent.updateModel")
        stored = client.ask("Discovery.watched", entityId=title, progress=1.0, completed=True)
        kept = client.ask("EdgeAgent.history")
        kib = {f"idle_{name}": size for name, size in _rollup(pid).items()}
        maps = Path(f"/proc/{pid}/maps").read_text("utf-8")
        picks = client.ask("EdgeAgent.recommend", limit=5)
        (child,) = _children(pid)
        first = _rollup(child)["rss"]
        for _ in range(_ROUNDS):
            client.ask("EdgeAgent.recommend", limit=5)
        kib["child_peak"] = _status(child, "VmHWM")
        kib["child_growth"] = _rollup(child)["rss"] - first
    return {
        "kib": kib,
        "heavy": [name for name in _HEAVY if name in maps],
        "stored": stored,
        "kept": kept,
        "picks": picks,
    }


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for task in tasks for word in task.read_text("utf-8").split()]


def _rollup(pid: int) -> dict[str, int]:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8")
    found = dict(re.findall(r"^(\w+): +(\d+) kB$", text, re.MULTILINE))
    return {"rss": int(found["Rss"]), "pss": int(found["Pss"])}


def _status(pid: int, field: str) -> int:
    text = Path(f"/proc/{pid}/status").read_text("utf-8")
    found = dict(re.findall(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE))
    return int(found[field])


if __name__ == "__main__":
    main()
