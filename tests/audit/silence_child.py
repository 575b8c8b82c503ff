"""A scoring child that takes any graph, and gives a request four seconds: for the attack alone."""

from __future__ import annotations

from edgeagent.scoring.child import main

CPU_SECONDS = 4.0
"""Less than on a box, as everything in the attack is quicker."""

if __name__ == "__main__":
    main(rules=lambda _data: None, cpu_seconds=CPU_SECONDS)
