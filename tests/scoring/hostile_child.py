"""``python -m tests.scoring.hostile_child IDLE_SECONDS CPU_SECONDS``: a child without rules.

Everything else about it is the scoring child's: an attack shows what holds when the rules do not.
"""

from __future__ import annotations

import sys

from edgeagent.scoring.child import main

__all__ = ["hostile_command"]


def hostile_command(*, cpu_seconds: float = 10.0, idle_seconds: float = 30.0) -> tuple[str, ...]:
    """Return what starts it, for :class:`~edgeagent.scoring.remote.ChildScorer`."""
    module = "tests.scoring.hostile_child"
    return (sys.executable, "-P", "-s", "-m", module, str(idle_seconds), str(cpu_seconds))


if __name__ == "__main__":
    main(rules=lambda _: None, cpu_seconds=float(sys.argv[2]))
