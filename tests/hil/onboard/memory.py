"""``python -m tests.hil.onboard.memory HOME [TITLE]``: what an open agent and its child take.

First at rest, then after picks were asked for ``_ROUNDS`` times. Sizes are KiB, out of
``/proc/PID/smaps_rollup`` and ``status``.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

from edgeagent.agent import Agent
from edgeagent.messages import WatchEvent
from edgeagent.clock import SystemClock

__all__ = ["main"]

_ROUNDS = 12


def main() -> None:
    """Measure."""
    with Agent.open(Path(sys.argv[1])) as agent:
        agent.record_watch(WatchEvent(entity_id=sys.argv[2], watched_on=SystemClock().now()))
        agent.home.history.window("main")
        figures = {f"idle_{name}": size for name, size in _rollup(os.getpid()).items()}
        heavy = {"numpy", "onnxruntime", "sqlite_utils", "tuf"} & set(sys.modules)
        agent.recommend()
        (child,) = _children()
        first = _rollup(child)["rss"]
        for _ in range(_ROUNDS):
            agent.recommend()
        figures |= {
            "child_peak": _status(child, "VmHWM"),
            "child_growth": _rollup(child)["rss"] - first,
            "asked_rss": _rollup(os.getpid())["rss"],
        }
    sys.stdout.write(json.dumps({"kib": figures, "heavy": sorted(heavy)}) + "\n")


def _children() -> list[int]:
    text = Path(f"/proc/self/task/{os.getpid()}/children").read_text("utf-8")
    return [int(word) for word in text.split()]


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
