"""The box of the capture: a real agent that lives a simulated quarter inside its namespace.

``python -m tests.audit.capture_box HOME ROOT URL SEED START plain|promoting [FAULT]`` prints how
many reports left, and says before when something else is to be published. A fault is planted on
purpose: ``stray`` sends a datagram, ``tag`` marks the downloads of this box, ``long`` makes its
report a byte longer, ``hoard`` keeps the pictures that are published no more.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path

from edgeagent.agent import Agent, Environment
from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.errors import PromiseBroken
from edgeagent.messages import WatchEvent
from edgeagent.network import fetcher, transport
from edgeagent.scoring.resident import ResidentScorer
from edgeagent.services.models import creatives_fetch
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.randomness import SeededRandomSource

SILENT_WEEKS = 14
QUARTER_DAYS = 13 * 7 + 11
"""A quarter, and the days in which the report of its last week is closed and sent."""
NEXT_PUBLICATION = "next publication"
PUBLICATION_DAYS = (14, 28)
"""After these something else is published; creatives run for 30 days."""
PROMO_DAYS = 30
"""How long creatives run."""


def live(home: Path, root: Path, url: str, *, seed: str, start: int, promoting: bool) -> int:
    """Live, and return how many reports were accepted."""
    clock = FakeClock(start)
    random = SeededRandomSource(seed)
    environment = Environment(
        clock=clock, random=random, make_scorer=ResidentScorer, simulated=True
    )
    config = Config(server_url=url, trusted_root=str(root))
    with Agent.open(home, config=config, environment=environment) as agent:
        for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING):
            agent.grant(purpose)
        if promoting:
            agent.grant(Purpose.PROMOTION)
        agent.update_model()  # from now on the time is known, and the silence runs
        clock.advance(SILENT_WEEKS * WEEK_SECONDS)
        for day in range(QUARTER_DAYS):
            if day in PUBLICATION_DAYS:
                _await_publication()
            if day % 7 == 0:
                agent.update_model()
            picks = agent.recommend(limit=50).picks
            chosen = picks[random.below(len(picks))].entity_id
            agent.record_watch(WatchEvent(entity_id=chosen, watched_on=clock.now(), completed=True))
            if promoting and day % 2:
                _see_promos(agent, day)
            agent.close_week()
            agent.send_reports()
            clock.advance(DAY_SECONDS)
        return sum(item.outcome == "accepted" for item in agent.disclosures())


def _await_publication() -> None:
    sys.stdout.write(f"{NEXT_PUBLICATION}\n")
    sys.stdout.flush()
    sys.stdin.readline()


def _see_promos(agent: Agent, day: int) -> None:
    """Choose, show and hide; after a promo's 30 days there is none to choose."""
    chosen = agent.promotions.choose("home", number=2, profile="main")
    if not chosen and day < PROMO_DAYS:
        raise PromiseBroken("no promo was chosen", hint="this is a test")
    for item in chosen:
        agent.promotions.shown(item.creative.crid, profile="main")
    if chosen and day % 5 == 0:
        agent.promotions.hide("creative", chosen[0].creative.crid, profile="main")
    else:
        for mark in agent.promotions.hidden(profile="main"):
            agent.promotions.unhide(mark.kind, mark.name, profile="main")
    agent.store_showings()


def _stray() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
        datagram.sendto(b"hello", ("192.0.2.1", 53))


def _tag() -> None:
    fetcher.REQUEST_HEADERS = (*fetcher.REQUEST_HEADERS, ("X-Box", "7"))


def _long() -> None:
    transport.REPORT_HEADERS = (*transport.REPORT_HEADERS, ("X", "y"))


def _hoard() -> None:
    creatives_fetch._remove_others = lambda *_: None


FAULTS: dict[str, Callable[[], None]] = {
    "stray": _stray,
    "tag": _tag,
    "long": _long,
    "hoard": _hoard,
}


def main() -> None:
    home, root, url, seed, start, kind, *fault = sys.argv[1:]
    for name in fault:
        FAULTS[name]()
    accepted = live(
        Path(home), Path(root), url, seed=seed, start=int(start), promoting=kind == "promoting"
    )
    sys.stdout.write(f"{accepted}\n")


if __name__ == "__main__":
    main()
