"""``python -m tests.hil.onboard.writes HOME [DEVICE]``: bytes written for each viewing stored.

Single viewings and batches of a hundred in the order of time, and single ones that are reported
late, the latest first; each with their checkpoint: as handed to the kernel by the process, and as
written to the block DEVICE of the data partition, where one is named. What is late costs more: the
pages inside a history are full, and neighbours take over what does not fit.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from itertools import count, islice
from pathlib import Path

from edgeagent.agent import Agent
from edgeagent.clock import SystemClock
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent

__all__ = ["main"]

_AGE_SECONDS = 86_400
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
        following, preceding = count(now - _AGE_SECONDS), count(now - _AGE_SECONDS - 1, -1)

        def record(events: int, times: Iterator[int] = following) -> None:
            agent.record_watch(
                [
                    WatchEvent(entity_id=f"t:{at * 7919 % 997:04}", watched_on=at)
                    for at in islice(times, events)
                ]
            )

        def checkpoint() -> None:
            agent._home.history._database.checkpoint()

        def single() -> None:
            for _ in range(_SINGLE):
                record(1)
            checkpoint()

        def late() -> None:
            for _ in range(_SINGLE):
                record(1, preceding)
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
            "late": _written(late, device, per=_SINGLE),
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
