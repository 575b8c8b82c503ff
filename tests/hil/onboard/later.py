"""``python -m tests.hil.onboard.later HOME``: send what waits, at the moment it is due."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from edgeagent.agent import Agent, Environment
from edgeagent.config import load_config
from edgeagent.testing.clock import FakeClock

__all__ = ["main"]


def main() -> None:
    """Send."""
    home = Path(sys.argv[1])
    with Agent.open(home, config=load_config(home)) as agent:
        due = max(entry.next_attempt_at for entry in agent._home.ledger.outbox())
    environment = Environment(clock=FakeClock(due))
    with Agent.open(home, config=load_config(home), environment=environment) as agent:
        outcomes = [sending.outcome for sending in agent.send_reports()]
        waiting = len(agent._home.ledger.outbox())
    sys.stdout.write(json.dumps({"outcomes": outcomes, "waiting": waiting}) + "\n")


if __name__ == "__main__":
    main()
