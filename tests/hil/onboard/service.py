"""``python -m tests.hil.onboard.service HOME TITLE``: the resident service, used and measured.

It is asked what an app and a home screen ask, over its unix socket. Sizes are KiB, from ``/proc``:
of the service at rest, after it has stored and read, and of its scoring child.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from tests.hil.onboard.serving import serving

__all__ = ["main"]

_ROUNDS = 12
_HEAVY = ("numpy", "onnxruntime", "sqlite_utils")


def main() -> None:
    """Use and measure."""
    home, title = sys.argv[1:]
    with serving(home) as (pid, client):
        for purpose in ("history", "personalization"):
            client.ask("EdgeAgent.grant", purpose=purpose)
        client.ask("EdgeAgent.updateModel")
        stored = client.ask("Discovery.watched", entityId=title, progress=1.0, completed=True)
        kept = client.ask("EdgeAgent.history")
        kib = {f"idle_{name}": size for name, size in _rollup(pid).items()}
        maps = Path(f"/proc/{pid}/maps").read_text("utf-8")
        picks = client.ask("EdgeAgent.recommend", limit=5)
        (child,) = _children(pid)
        first = _status(child, "VmRSS")  # nobody else may look into it
        for _ in range(_ROUNDS):
            client.ask("EdgeAgent.recommend", limit=5)
        kib["child_peak"] = _status(child, "VmHWM")
        kib["child_growth"] = _status(child, "VmRSS") - first
    answer = {
        "kib": kib,
        "heavy": [name for name in _HEAVY if name in maps],
        "stored": stored,
        "kept": kept,
        "picks": picks,
    }
    sys.stdout.write(json.dumps(answer) + "\n")


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
