"""A published model, a running server, and boxes that use both: nothing is faked but the clock."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from edgeagent.agent import Agent, World
from edgeagent.clock import WEEK_SECONDS, week_start
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent
from edgeagent.scoring.resident import ResidentScorer
from edgeagent.simulator.plan import START
from edgeagent.simulator.server_process import running_server
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.randomness import SeededRandomSource
from model_export.export import Artefacts, export
from model_export.log import WatchLog
from model_export.publish import publish
from model_export.synthetic import synthetic_panel
from model_export.train import train

LIFETIME_DAYS = 500


@dataclass(frozen=True)
class Publisher:
    """A repository and what is needed to publish the next version into it."""

    repository: Path
    keys: Path
    artefacts: Artefacts
    log: WatchLog

    def publish(self, artefacts: Artefacts, *, now: int = START) -> None:
        publish(
            self.repository, artefacts, now=now, keys_dir=self.keys, lifetime_days=LIFETIME_DAYS
        )


@pytest.fixture(scope="session")
def first_publication(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    log = synthetic_panel(7, households=120, weeks=20, titles=300)
    model = train(log, seed=7, segments=16, dimension=32)
    directory = tmp_path_factory.mktemp("published")
    publisher = Publisher(
        repository=directory / "repository",
        keys=directory / "keys",
        artefacts=export(model, log, now=START),
        log=log,
    )
    publisher.publish(publisher.artefacts)
    return publisher


@pytest.fixture
def publisher(first_publication: Publisher, tmp_path: Path) -> Publisher:
    """A copy that a test may republish or damage."""
    copy = tmp_path / "published"
    shutil.copytree(first_publication.repository.parent, copy)
    return replace(first_publication, repository=copy / "repository", keys=copy / "keys")


@dataclass
class Household:
    """A box on a fake clock, with the resident scorer and HTTP to the server."""

    directory: Path
    config: Config
    clock: FakeClock
    seed: str
    agent: Agent

    def open(self) -> Agent:
        world = World(
            clock=self.clock,
            random=SeededRandomSource(self.seed),
            make_scorer=ResidentScorer,
            simulated=True,
        )
        return Agent.open(self.directory, config=self.config, world=world)

    def reopen(self) -> None:
        self.agent.close()
        self.agent = self.open()

    def consent(self) -> None:
        for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING):
            self.agent.grant(purpose)

    def watch(self, *entity_ids: str) -> None:
        now = self.clock.now()
        events = [
            WatchEvent(entity_id=entity_id, watched_on=now + 60 * n, completed=True)
            for n, entity_id in enumerate(entity_ids)
        ]
        self.agent.record_watch(events)

    def go_to_reporting_week(self) -> int:
        ledger = self.agent.home.ledger
        first = ledger.first_reportable_week(now=self.clock.now())
        week = first + (ledger.genesis.phase - first) % 13
        self.clock.set(week_start(week) + 3600)
        return week

    def end_week(self) -> None:
        self.clock.advance(WEEK_SECONDS)

    def go_to_due_time(self) -> None:
        (entry,) = self.agent.home.ledger.outbox()
        self.clock.set(entry.next_attempt_at)


@pytest.fixture
def server_url(publisher: Publisher, tmp_path: Path) -> Iterator[str]:
    far = START + 60 * WEEK_SECONDS
    with running_server(
        publisher.repository, tmp_path / "reports.db", now=far, grace_weeks=70
    ) as url:
        yield url


@pytest.fixture
def household(publisher: Publisher, server_url: str, tmp_path: Path) -> Iterator[Household]:
    config = Config(
        server_url=server_url,
        trusted_root=str(publisher.repository / "root.json"),
        retention_days=365,
    )
    living = Household(
        directory=tmp_path / "home",
        config=config,
        clock=FakeClock(START),
        seed="household",
        agent=None,  # type: ignore[arg-type]  # set on the next line
    )
    living.agent = living.open()
    yield living
    living.agent.close()


def titles_of(publisher: Publisher, genre: str) -> list[str]:
    """Return ids of films of one genre, in the order of the catalogue."""
    return [t.entity_id for t in publisher.log.titles if genre in t.genres and t.kind == "film"]
