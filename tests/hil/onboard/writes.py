"""``python -m tests.hil.onboard.writes HOME [DEVICE]``: bytes written for each viewing stored.

Single viewings and batches of a hundred, each with their checkpoint: as handed to the kernel by the
process, and as written to the block DEVICE of the data partition, where one is named.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from edgeagent.agent import Agent
from edgeagent.clock import SystemClock
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent

__all__ = ["main"]

_SECTOR_BYTES = 512
_SINGLE = 60
_BATCHES = 12
_BATCH = 100


def main() -> None:
    """Measure."""
    home, device = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    now = SystemClock().now()
    with Agent.open(home) as agent:
        agent.grant(Purpose.HISTORY)
        numbers = iter(range(1_000_000))

        def record(count: int) -> None:
            agent.record_watch(
                [
                    WatchEvent(entity_id=f"t:{n * 7919 % 997:04}", watched_on=now - n)
                    for n in (next(numbers) for _ in range(count))
                ]
            )

        def checkpoint() -> None:
            agent.home.history._database.checkpoint()

        def single() -> None:
            for _ in range(_SINGLE):
                record(1)
            checkpoint()

        def batches() -> None:
            for _ in range(_BATCHES):
                record(_BATCH)
            checkpoint()

        record(500)
        checkpoint()
        figures = {
            "single": _written(single, device, per=_SINGLE),
            "batched": _written(batches, device, per=_BATCHES * _BATCH),
        }
    sys.stdout.write(json.dumps(figures) + "\n")


def _written(work: Callable[[], None], device: str | None, *, per: int) -> dict[str, float]:
    before = _so_far(device)
    work()
    after = _so_far(device)
    return {name: (after[name] - before[name]) / per for name in after}


def _so_far(device: str | None) -> dict[str, int]:
    fields = dict(
        line.split(": ") for line in Path("/proc/self/io").read_text("utf-8").splitlines()
    )
    found = {"process": int(fields["wchar"])}
    if device is not None:
        os.sync()
        sectors = Path(f"/sys/class/block/{device}/stat").read_text("utf-8").split()[6]
        found["device"] = int(sectors) * _SECTOR_BYTES
    return found


if __name__ == "__main__":
    main()
