"""``python -m tests.hil.onboard.loop HOME TITLE...``: consent, update, watch, pick in one process.

Prints how many picks there were. For boxes on which every start of a program hurts.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

from edgeagent.agent import Agent, Environment
from edgeagent.clock import SystemClock
from edgeagent.config import load_config
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent
from edgeagent.scoring.remote import ChildScorer

__all__ = ["main"]

_TIMEOUT_SECONDS = 1200.0


def main() -> None:
    """Go round once."""
    home, now = Path(sys.argv[1]), SystemClock().now()
    # A quarter of an emulated processor has all the time there is.
    environment = Environment(make_scorer=partial(ChildScorer, timeout_seconds=_TIMEOUT_SECONDS))
    with Agent.open(home, config=load_config(home), environment=environment) as agent:
        agent.grant(Purpose.HISTORY)
        agent.grant(Purpose.PERSONALIZATION)
        agent.update_model()
        for title in sys.argv[2:]:
            agent.record_watch(WatchEvent(entity_id=title, watched_on=now, completed=True))
        picks = agent.recommend(limit=3).picks
    sys.stdout.write(json.dumps({"picks": len(picks)}) + "\n")


if __name__ == "__main__":
    main()
