"""Two processes on one home, writing at the same time: nothing lost, no error but a short wait."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edgeagent.testing.agent_box import AgentBox
from tests.security.plain_box import held_by

EVENTS = 60

# Waits for a line, so that both begin together; then writes to both databases.
WORK = """
import sys
from pathlib import Path
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.publication import TITLE_IDS

home, number, events = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
box = AgentBox(directory=home, runtime_directory=home.parent / "run")
print("ready", flush=True)
sys.stdin.readline()
with box.open() as agent:
    agent.grant(Purpose.HISTORY)
    agent.grant(Purpose.PERSONALIZATION)
    start = box.clock.now()
    for index in range(events):
        agent.record_watch(WatchEvent(
            entity_id=TITLE_IDS[number], watched_on=start - 10 * index - number,
        ))
        agent.grant(Purpose.PROMOTION)
        if index % 5 == 0:
            box.update(agent)
            agent.recommend()
            agent.close_week()
            agent.send_reports()
        if index % 10 == 0:
            agent.title_marks.forget(TITLE_IDS[10 + number], profile="main")
            agent.withdraw(Purpose.REPORTING)
"""


@pytest.mark.deep
def test_two_writers_lose_nothing_and_fail_at_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WORK, str(home), str(number), str(EVENTS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        _, errors = writer.communicate()
        assert not errors, errors
        assert writer.returncode == 0
    with AgentBox(directory=home, runtime_directory=tmp_path / "run").open() as agent:
        agent._home.ledger.check()
        held = held_by(agent)
        assert len(held.watched) == 2 * EVENTS
        assert len(held.decisions) == 2 * (2 + EVENTS + EVENTS // 10)
