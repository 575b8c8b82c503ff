"""A box in use: a trained model, an autumn of viewings, three reports."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent
from edgeagent.scoring.resident import ResidentScorer
from edgeagent.simulator.server_process import running_server
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.randomness import SeededRandomSource
from model_export.log import WatchLog
from model_export.publishing.artefacts import export
from model_export.synthetic import synthetic_panel
from model_export.train import train
from server_stub.distribution.operator import Operator
from server_stub.distribution.publish import publish

START = 1_767_571_200
"""Monday 2026-01-05T00:00:00Z."""
REPORTS = 3
EVENINGS = 30
_TITLES_AN_EVENING = 2
_RECIPIENT = "https://audience.example"


class LivingBox(AgentBox):
    """A box whose picks are really worked out."""

    def open(self) -> Agent:
        self.scorer = ResidentScorer()  # an agent that closes closes its scorer, too
        return super().open()


def live(directory: Path) -> AgentBox:
    """Train, publish, download, watch, report; and return the box as of this evening."""
    log = synthetic_panel(7, households=120, weeks=20, titles=300)
    model = train(log, seed=7, segments=16, dimension=32)
    publish(
        Operator.without_passphrase(
            directory / "repository", directory / "keys", now=START, lifetime_days=800
        ),
        export(model, log, now=START),
    )
    box = LivingBox(
        directory=directory / "box",
        runtime_directory=directory / "run",
        clock=FakeClock(START),
        random=SeededRandomSource("a household"),
    )
    _download(box, directory)
    with box.open() as agent:
        _report(box, agent, log)
        _watch_until_today(box, agent, log)
        agent.household.create("Ada", kind="adult")
        agent.household.create("Tim", kind="kid")
        agent.recommend(limit=10)
    return box


def _download(box: AgentBox, directory: Path) -> None:
    with running_server(
        directory / "repository", directory / "reports.db", now=START, grace_weeks=70
    ) as url:
        box.config = Config(
            server_url=url, trusted_root=str(directory / "repository" / "root.json")
        )
        with box.open() as agent:
            agent.update_model()
    box.config = Config(server_url=_RECIPIENT)
    with box.open() as agent:  # the notice names the recipient
        for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING):
            agent.grant(purpose)


def _report(box: AgentBox, agent: Agent, log: WatchLog) -> None:
    for cycle in range(REPORTS):
        after = box.end_of_reporting_week(agent, cycle=cycle)
        box.clock.set(after - 5 * DAY_SECONDS)
        _watch(box, agent, _favourites(log)[:3])
        box.clock.set(after)
        agent.close_week()
        (entry,) = agent._home.ledger.outbox()
        box.clock.set(entry.next_attempt_at)
        agent.send_reports()


def _watch_until_today(box: AgentBox, agent: Agent, log: WatchLog) -> None:
    favourites = _favourites(log)
    evening = box.clock.now() - box.clock.now() % DAY_SECONDS + 2 * WEEK_SECONDS + 72_000
    for number in range(EVENINGS):
        box.clock.set(evening + 2 * number * DAY_SECONDS + 600 * (number % 7))
        start = number * _TITLES_AN_EVENING
        _watch(box, agent, favourites[start : start + _TITLES_AN_EVENING])
    box.clock.advance(7200)
    agent.title_marks.hide(favourites[1], profile="main")
    agent.title_marks.exclude(favourites[2], profile="main")


def _watch(box: AgentBox, agent: Agent, entity_ids: list[str]) -> None:
    for number, entity_id in enumerate(entity_ids):
        finished = number % 3 != 1
        agent.record_watch(
            WatchEvent(
                entity_id=entity_id,
                watched_on=box.clock.now(),
                completed=finished,
                progress_fraction=None if finished else 0.4,
            )
        )
        box.clock.advance(5400)


def _favourites(log: WatchLog) -> list[str]:
    """Return what the busiest invented viewer watched, most recent last, then what others did."""
    busiest = int(np.bincount(log.users).argmax())
    mine = [log.titles[item].entity_id for item in log.items[log.users == busiest]]
    others = [title.entity_id for title in log.titles]
    return list(dict.fromkeys([*mine, *others]))
