"""kill -9 between and within writes: what was acknowledged is there, and nothing twice."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edgeagent.testing.box import Box
from edgeagent.testing.randomness import SeededRandomSource

ROUNDS = 12

# Mixed work without end; each acknowledgement is a line. With a second argument the process kills
# itself at that write of the anchor: before it (odd) or after it (even).
WORK = """
import os, signal, sys
from itertools import count
from pathlib import Path
from edgeagent.consent import Purpose
from edgeagent.store.durable import replace_durably
from edgeagent.testing.box import NOW, Box

writes = count(1)
cut = int(sys.argv[2]) if len(sys.argv) > 2 else 0

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def write(path, data):
    number = next(writes)
    if cut == 2 * number - 1:
        die()
    replace_durably(path, data)
    if cut == 2 * number:
        die()

box = Box(Path(sys.argv[1]))
home = box.open(write_anchor=write)
week = home.ledger.genesis.first_reportable_week + 13 * len(home.ledger.closed_weeks())
start = home.history.count("main")
for number in range(200):
    home.history.add([box.event(f"e{start + number:05}", start + number)], box.grant())
    print("event", flush=True)
    given = number % 2 == 0
    home.ledger.append_consent(box.decision(Purpose.PROMOTION, given=given, at=NOW + number))
    print("consent", flush=True)
    if number % 3 == 0:
        box.book(home.ledger, week)
        week += 13
        print("report", flush=True)
    if number % 7 == 0:
        home.rotate(box.provider)
        print("rotated", flush=True)
"""


def _run_until_killed(box: Box, *arguments: str, acknowledgements: int) -> list[str]:
    """Start the work, kill it after so many acknowledgements, and return all that it gave."""
    with subprocess.Popen(
        [sys.executable, "-c", WORK, str(box.directory), *arguments],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        if process.stdout is None:
            pytest.fail("no pipe")
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if len(lines) == acknowledgements:
                process.kill()
    assert process.returncode == -signal.SIGKILL
    return lines


def _expect_nothing_lost(box: Box, acknowledged: list[str]) -> None:
    home = box.open()
    home.check()  # nor is either database taken for one that was put back
    assert home.ledger.store_problems() == ()
    events = [viewing.entity_id for viewing in home.history.window("main", limit=100_000)]
    assert events == [f"e{number:05}" for number in range(len(events))]
    for kind, stored in (
        ("event", len(events)),
        ("consent", len(home.ledger.consents())),
        ("report", len(home.ledger.disclosures())),
    ):
        # At most the one that was under way may be stored without having been acknowledged.
        assert acknowledged.count(kind) <= stored <= acknowledged.count(kind) + 1, kind
    weeks = [item.week for item in home.ledger.disclosures()]
    assert len(set(weeks)) == len(weeks)
    assert [debit.week for debit in home.ledger.debits()] == weeks
    assert [entry.week for entry in home.ledger.outbox()] == weeks
    box.close()


@pytest.mark.deep
def test_kill_at_any_moment_loses_nothing_acknowledged(box: Box) -> None:
    random = SeededRandomSource("kill at any moment")
    assert box.open().history.count("main") == 0
    box.close()
    for _ in range(ROUNDS):
        shutil.rmtree(box.directory)
        acknowledged = _run_until_killed(box, acknowledgements=1 + random.below(60))
        _expect_nothing_lost(box, acknowledged)


@pytest.mark.deep
@pytest.mark.parametrize("cut", range(1, 13))
def test_kill_within_each_step_of_the_anchor_loses_nothing(box: Box, cut: int) -> None:
    acknowledged = _run_until_killed(box, str(cut), acknowledgements=10_000)
    if not (box.directory / "ledger.db").exists():
        assert acknowledged == []
    _expect_nothing_lost(box, acknowledged)
    box.open().ledger.append_consent(box.decision())  # and the ledger goes on


def test_half_made_homes_are_finished(box: Box, tmp_path: Path) -> None:
    """Any prefix of the files a making writes, in their order, becomes a whole home."""
    made = box.open()
    assert made.history.count("main") == 0
    box.close()
    files = box.files()
    order = ["lock", "kek", "ledger.key", "ledger.db.new"]
    for length in range(len(order) + 1):
        half = Box(tmp_path / f"half{length}")
        half.directory.mkdir(mode=0o700)
        for name in order[:length]:
            path = half.directory / name
            path.write_bytes(files.get(name, b"half written"))
            path.chmod(0o600)
        home = half.open()
        home.ledger.check()
        assert home.history.count("main") == 0
        half.close()
