"""What taking one's data along costs: ``python -m tests.bench.bench_export [--json] [--events N]``.

A box with many viewings writes its export, in turn with the floor: plain ``sqlite3`` reads the same
rows and ``json.dumps`` writes them, unsorted, to a file that is synced as the export's is.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

from edgeagent.agent import Agent
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent
from tests.bench.clocked import seconds_of
from tests.bench.figures import say

_COLUMNS = ("profile", "watched_on", "entity_id", "progress_fraction", "completed")
_BATCH = 1000


def measure(directory: Path, *, events: int, rounds: int) -> dict[str, float]:
    """Return medians in milliseconds, and the size of an export in bytes."""
    now = int(time.time())
    viewings = [
        WatchEvent(
            entity_id=f"t:{number * 7919 % 5000}",
            watched_on=now - 300 * number,
            progress_fraction=0.5,
        )
        for number in range(events)
    ]
    ours, plain, size = [], [], 0
    with Agent.open(directory / "home") as agent, _plain(directory, viewings) as twin:
        agent.grant(Purpose.HISTORY)
        for start in range(0, events, _BATCH):
            agent.record_watch(viewings[start : start + _BATCH])
        for number in range(rounds):
            path = directory / f"export{number}.json"
            ours.append(seconds_of(partial(agent.portability.export_to, path)))
            size = path.stat().st_size
            plain.append(seconds_of(partial(_dump, twin, path.with_suffix(".plain"))))
    return {
        "events": events,
        "export_ms": round(1000 * statistics.median(ours), 1),
        "plain_ms": round(1000 * statistics.median(plain), 1),
        "bytes": size,
    }


def _plain(directory: Path, viewings: list[WatchEvent]) -> sqlite3.Connection:
    twin = sqlite3.connect(directory / "plain.db")
    twin.execute(f"CREATE TABLE events ({', '.join(_COLUMNS)})")
    twin.executemany(
        f"INSERT INTO events VALUES ({', '.join('?' * len(_COLUMNS))})",  # noqa: S608
        [[getattr(viewing, name) for name in _COLUMNS] for viewing in viewings],
    )
    twin.commit()
    return twin


def _dump(twin: sqlite3.Connection, path: Path) -> None:
    rows = twin.execute(f"SELECT {', '.join(_COLUMNS)} FROM events").fetchall()  # noqa: S608
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps([dict(zip(_COLUMNS, row, strict=True)) for row in rows]))
        file.flush()
        os.fsync(file.fileno())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="what an export costs")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--events", type=int, default=20_000, help="viewings in the history")
    parser.add_argument("--rounds", type=int, default=7, help="exports a median is taken of")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        figures = measure(Path(directory), events=options.events, rounds=options.rounds)
    say(figures, as_json=options.json)


if __name__ == "__main__":
    main()
