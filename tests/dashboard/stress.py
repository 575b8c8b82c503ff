"""A box as full as one gets: 5,000 viewings, 12 profiles, very long names, names in Hebrew."""

from __future__ import annotations

from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent
from edgeagent.testing.publication import TITLE_IDS
from tests.api.running import Running
from tests.dashboard.conftest import furnish

__all__ = ["HEBREW", "LONG", "VIEWINGS", "crowd"]

VIEWINGS = 5000
_DAYS = 80
_BATCH = 500
LONG = "The Extraordinarily Long and Entirely Uneventful Journey of a Train to the Sea, " * 3
"""Nearly as long as an id may be; the catalogue does not hold it, so its id is its title."""
HEBREW = "הרכבת האיטית אל הים"
_PROFILES = (HEBREW, LONG[:64], *(f"Guest {number}" for number in range(9)))


def crowd(running: Running) -> None:
    """Fill a box that reports already; ``main`` has nearly all of it."""
    furnish(running)
    box = running.box
    titles = (LONG.strip(), HEBREW, f"{HEBREW} (2)", "M" * 250, *TITLE_IDS)
    now, step = box.clock.now() - 3600, _DAYS * DAY_SECONDS // VIEWINGS
    with box.open() as agent:
        events = [
            WatchEvent(
                entity_id=titles[number % len(titles)],
                watched_on=now - number * step,
                progress_fraction=0.5,
            )
            for number in range(VIEWINGS - agent.history.count("main"))
        ]
        for start in range(0, len(events), _BATCH):
            agent.record_watch(events[start : start + _BATCH], keep_unknown=True)
        for name in _PROFILES:
            agent.household.create(name, kind="adult")
            agent.grant(Purpose.HISTORY, profile=name)
        for title in (*TITLE_IDS, *TITLE_IDS[:1]):
            agent.title_marks.exclude(title, profile="main")
        agent.title_marks.hide(TITLE_IDS[2], profile="main")
