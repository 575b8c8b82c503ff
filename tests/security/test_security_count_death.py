"""``kill -9`` in the middle of a count: one death, one report, and the history is not opened again.

The segmenter kills the process when it meets a watched title, as a model can that allocates all the
memory. Before the beginning of a count was recorded, such a box died at every start and never
reported: its silence revealed what was watched.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent, decode_report
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.publication import TITLE_IDS
from edgeagent.testing.scorer import TableScorer

STARTS = 3

# Opens the home at a moment and closes its week. The segmenter dies of every session that holds a
# viewing, and prints "asked" before. With a third argument the beginning is not recorded.
WORK = """
import os, signal, sys
from pathlib import Path
from dataclasses import replace
from edgeagent.store.counts import Counts
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.scorer import TableScorer

class Deadly(TableScorer):
    def segment(self, request):
        print("asked", flush=True)
        if any(request.sessions):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().segment(request)

if len(sys.argv) > 3:
    begin = Counts.begin
    Counts.begin = lambda *args, **kwargs: replace(begin(*args, **kwargs), again=False)
home, at = Path(sys.argv[1]), int(sys.argv[2])
box = AgentBox(
    directory=home, runtime_directory=home.parent / "run", clock=FakeClock(at), scorer=Deadly()
)
with box.open() as agent:
    print(agent.close_week().outcome, flush=True)
"""


@pytest.mark.parametrize("watched", [True, False])
def test_a_box_that_dies_of_its_count_reports_at_its_next_start(
    tmp_path: Path, *, watched: bool
) -> None:
    box, end = _after_its_week(tmp_path, watched=watched)
    said = [_closed(box.directory, end + start) for start in range(STARTS)]
    first = (["asked"], -signal.SIGKILL) if watched else (["asked", "drawn"], 0)
    second = (["drawn"], 0) if watched else (["already_closed"], 0)
    assert said == [first, second, *[(["already_closed"], 0)] * (STARTS - 2)]
    box.scorer = TableScorer()
    with box.open() as agent:
        agent._home.ledger.check()
        (disclosure,) = agent.disclosures()
        assert disclosure.drawn_at == end
        assert sum(decode_report(disclosure.body).counts) == 8
        assert len(agent._home.ledger.debits()) == 1


def test_a_box_that_forgets_a_beginning_dies_at_every_start_and_is_seen(tmp_path: Path) -> None:
    """The planted fault: without the record, silence reveals what was watched."""
    box, end = _after_its_week(tmp_path, watched=True)
    said = [_closed(box.directory, end + start, "forgets") for start in range(STARTS)]
    assert said == [(["asked"], -signal.SIGKILL)] * STARTS
    with box.open() as agent:
        assert agent.disclosures() == ()


def _after_its_week(tmp_path: Path, *, watched: bool) -> tuple[AgentBox, int]:
    """Return a box that may report, and the moment when its reporting week has ended."""
    box = AgentBox(directory=tmp_path / "home", runtime_directory=tmp_path / "run")
    with box.open() as agent:
        box.update(agent, vouched_until=box.clock.now() + 365 * DAY_SECONDS)
        for purpose in (Purpose.HISTORY, Purpose.REPORTING):
            agent.grant(purpose)
        box.know_time(agent)
        end = box.end_of_reporting_week(agent)
        box.clock.set(end - DAY_SECONDS)
        agent.retention.keep_time()  # another process has another boot
        if watched:
            agent.record_watch(WatchEvent(entity_id=TITLE_IDS[0], watched_on=box.clock.now()))
    return box, end


def _closed(home: Path, at: int, *faults: str) -> tuple[list[str], int]:
    """Start the box at a moment, and return what it said and how it ended."""
    done = subprocess.run(
        [sys.executable, "-c", WORK, str(home), str(at), *faults],
        check=False,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    return done.stdout.split(), done.returncode
