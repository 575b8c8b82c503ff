"""What the encrypted history costs against plain SQLite, measured side by side in one run.

``python -m tests.bench.bench_store [--events 100000] [--json]``: times are medians
and depend on the machine; the ratios, which hold better, are what the limits are about: last 500
in at most 2 times plain SQLite, one durable commit in at most 1.5 times, at most 14 KB written for
a single event and 1.1 KB an event in batches of 100, checkpoint included.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edgeagent.messages import Viewing, WatchEvent
from edgeagent.store.history_schema import HISTORY_SCHEMA
from edgeagent.testing.box import NOW, Box
from tests.bench.clocked import seconds_of
from tests.bench.figures import say

_COMMITS = 500
_READS = 100
_COLUMNS = "entity_id, watched_on, progress_fraction, progress_seconds, completed"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        figures = measure(Path(directory), options.events)
    say(figures, as_json=options.json)


def measure(directory: Path, events: int) -> dict[str, float]:
    """Return all figures for a history of ``events`` events."""
    box = Box(directory / "home")
    history = box.open().history
    grant = box.grant()
    filling = [_event(box, number) for number in range(events)]
    for start in range(0, events, 10_000):
        history.add(filling[start : start + 10_000], grant)
    history._database.checkpoint()
    plain = _plain_twin(directory / "plain.db", filling)

    read, plain_read = _medians(
        lambda: history.window("main"), lambda: _plain_window(plain), times=_READS
    )
    fresh = iter(_event(box, number) for number in range(events, events + 100_000))
    commit, plain_commit = _medians(
        lambda: history.add([next(fresh)], grant),
        lambda: _plain_add(plain, next(fresh)),
        times=_COMMITS,
    )

    history._database.checkpoint()
    with _written() as single:
        for _ in range(_COMMITS):
            history.add([next(fresh)], grant)
        history._database.checkpoint()
    with _written() as batched:
        for _ in range(20):
            history.add([next(fresh) for _ in range(100)], grant)
        history._database.checkpoint()
    size = (box.directory / "history.db").stat().st_size
    plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    figures = {
        "events": events,
        "bytes_per_event": size / events,
        "size_ratio": size / (directory / "plain.db").stat().st_size,
        "last_500_ms": 1000 * read,
        "plain_last_500_ms": 1000 * plain_read,
        "commit_ms": 1000 * commit,
        "plain_commit_ms": 1000 * plain_commit,
        "written_bytes_per_single_event": single[0] / _COMMITS,
        "written_bytes_per_batched_event": batched[0] / 2000,
        "open_ms": 1000 * _median(lambda: _open(box), 20),
        "consent_ms": 1000 * _consents(box),
    }
    plain.close()
    box.close()
    return {name: round(value, 3) for name, value in figures.items()}


def _event(box: Box, number: int) -> WatchEvent:
    return box.event(f"entity:{number * 7919 % 5000:06}", NOW + 600 * number, fraction=0.5)


def _plain_twin(path: Path, events: list[WatchEvent]) -> sqlite3.Connection:
    """Fill an unencrypted database of the same schema with the same rows."""
    plain = sqlite3.connect(path, isolation_level=None)
    plain.execute("PRAGMA journal_mode = WAL")
    plain.execute("PRAGMA synchronous = FULL")
    plain.execute("PRAGMA secure_delete = ON")
    for migration in HISTORY_SCHEMA.migrations:
        for statement in migration.statements:
            plain.execute(statement)
    plain.execute("BEGIN")
    for event in events:
        _plain_add(plain, event)
    plain.execute("COMMIT")
    plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return plain


def _plain_add(plain: sqlite3.Connection, event: WatchEvent) -> None:
    plain.execute(
        "INSERT INTO events (profile, watched_on, entity_id, progress_fraction, progress_seconds, "
        "completed, source) VALUES (?, ?, ?, ?, ?, ?, 'watched')",
        (
            event.profile,
            event.watched_on,
            event.entity_id,
            event.progress_fraction,
            event.progress_seconds,
            event.completed,
        ),
    )


def _plain_window(plain: sqlite3.Connection) -> tuple[Viewing, ...]:
    rows = plain.execute(
        f"SELECT {_COLUMNS} FROM events WHERE profile = 'main' AND watched_on >= 0 "  # noqa: S608
        "ORDER BY watched_on DESC, entity_id DESC LIMIT 500"
    ).fetchall()
    return tuple(
        Viewing(
            entity_id=row[0],
            watched_on=row[1],
            progress_fraction=row[2],
            progress_seconds=row[3],
            completed=bool(row[4]),
        )
        for row in reversed(rows)
    )


def _open(box: Box) -> None:
    other = Box(box.directory)
    if other.open().history.count("nobody"):
        message = "there is no such profile"
        raise ValueError(message)
    other.close()


def _consents(box: Box) -> float:
    ledger = box.open().ledger
    return _median(lambda: ledger.append_consent(box.decision()), 20)


def _median(work: Callable[[], object], times: int) -> float:
    return _medians(work, times=times)[0]


def _medians(*works: Callable[[], object], times: int) -> list[float]:
    """Return the median seconds of each work, done in turn: a busy moment hits all alike."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(times):
        for work, taken in zip(works, seconds, strict=True):
            taken.append(seconds_of(work))
    return [statistics.median(taken) for taken in seconds]


@contextmanager
def _written() -> Iterator[list[int]]:
    """Yield a list that holds, after the block, the bytes this process wrote in it."""
    total = [0]
    before = _written_so_far()
    yield total
    total[0] = _written_so_far() - before


def _written_so_far() -> int:
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["wchar"])


if __name__ == "__main__":
    main()
