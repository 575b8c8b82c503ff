"""``python -m tests.hil.onboard.week HOME WEEKS DAYS TITLE...``: a life on a fake clock.

A household began WEEKS ago, consents, fetches the model, and watches on all seven evenings of what
was its latest reporting week DAYS ago, an agent opened anew each evening. Where DAYS are not 0, the
report on it was drawn then. Prints that week's number and what was recorded.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from edgeagent.agent import Agent, World
from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, SystemClock, week_of, week_start
from edgeagent.config import load_config
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent
from edgeagent.testing.clock import FakeClock

__all__ = ["main"]

_SPACING_WEEKS = 13
_TITLES_AN_EVENING = 3
_EVENING_SECONDS = 20 * 3600


def main() -> None:
    """Live."""
    home, weeks, days, *titles = sys.argv[1:]
    now = SystemClock().now() - int(days) * DAY_SECONDS
    clock = FakeClock(now - int(weeks) * WEEK_SECONDS)

    def agent() -> Agent:
        return Agent.open(Path(home), config=load_config(Path(home)), world=World(clock=clock))

    with agent() as opened:
        for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING):
            opened.grant(purpose)
        opened.update_model()
        genesis = opened.home.ledger.genesis
    ended = week_of(now) - 1
    week = ended - (ended - genesis.phase) % _SPACING_WEEKS
    stored = 0
    for evening in range(7):
        clock.set(week_start(week) + evening * DAY_SECONDS + _EVENING_SECONDS)
        watched = titles[evening * _TITLES_AN_EVENING :][:_TITLES_AN_EVENING]
        with agent() as opened:
            stored += opened.record_watch(
                [
                    WatchEvent(
                        entity_id=title, watched_on=clock.now() - 3600 * number, completed=True
                    )
                    for number, title in enumerate(watched)
                ]
            ).stored
            opened.housekeeping()
    if int(days):
        clock.set(now)
        with agent() as opened:
            assert opened.close_week().outcome == "drawn"
    sys.stdout.write(json.dumps({"week": week, "stored": stored}) + "\n")


if __name__ == "__main__":
    main()
