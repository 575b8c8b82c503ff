"""Random numbers of a fleet: a stream for each purpose, the same in any order.

Nothing about a box is stored. What it is like is drawn from its batch's stream whenever its week
comes, so that memory does not grow with boxes, and order and number of processes change nothing.
"""

from __future__ import annotations

import hashlib

import numpy as np

from edgeagent.simulator.fleet.scenario import Scenario

__all__ = ["stream"]


def stream(scenario: Scenario, purpose: str, *numbers: int) -> np.random.Generator:
    """Return a generator that is determined by the seed, a purpose and some numbers."""
    label = "/".join(["fleet", str(scenario.seed), purpose, *map(str, numbers)])
    return np.random.default_rng(int.from_bytes(hashlib.sha256(label.encode()).digest(), "big"))
