"""``python -m tests.hil.onboard.week HOME WEEKS TITLE...``: a household's life on a fake clock.

It began WEEKS ago, consents, fetches the model, and watches on all seven evenings of its latest
reporting week, an agent opened again each evening. Prints that week's number and what was recorded.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from edgeagent.agent import Agent, Environment
from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, SystemClock, quarter_of, week_of, week_start
from edgeagent.config import load_config
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent
from edgeagent.reporting_calendar import SPACING_WEEKS
from edgeagent.testing.clock import FakeClock

__all__ = ["asked_quarter", "main"]

_TITLES_AN_EVENING = 3
_EVENING_SECONDS = 20 * 3600
_OLDEST_WEEKS = 10
"""A report is taken for 13 weeks, and may be due days after it was drawn."""


def main() -> None:
    """Live."""
    home, weeks, titles = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    now = SystemClock().now()
    clock = FakeClock(now - weeks * WEEK_SECONDS)

    def agent() -> Agent:
        return Agent.open(home, config=load_config(home), environment=Environment(clock=clock))

    ended = week_of(now) - 1
    while not _is_asked_for(week := ended - _weeks_since(agent, ended), now):
        _begin_anew(home)
    with agent() as opened:
        for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING):
            opened.grant(purpose)
        opened.update_model()
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
    sys.stdout.write(json.dumps({"week": week, "stored": stored}) + "\n")


def asked_quarter(now: int) -> int:
    """Return the quarter that the task has to be of: some of the last weeks lie in it."""
    return quarter_of(week_of(now) - 1 - _OLDEST_WEEKS // 2)


def _is_asked_for(week: int, now: int) -> bool:
    is_young = week >= week_of(now) - 1 - _OLDEST_WEEKS
    return is_young and quarter_of(week) == asked_quarter(now)


def _weeks_since(agent: Callable[[], Agent], ended: int) -> int:
    """Return how many weeks before the week ``ended`` the latest reporting week was."""
    with agent() as opened:
        return (ended - opened._home.ledger.genesis.phase) % SPACING_WEEKS


def _begin_anew(home: Path) -> None:
    """Leave nothing but the settings: the next ledger draws another week to report on."""
    for path in home.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "config.toml":
            path.unlink()


if __name__ == "__main__":
    main()
