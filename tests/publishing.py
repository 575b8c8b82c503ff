"""A published model and boxes that use it: nothing is faked but the clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from edgeagent.agent import Agent, Environment
from edgeagent.clock import WEEK_SECONDS, quarter_of, week_of, week_start
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.messages import WatchEvent
from edgeagent.messages.artefacts import Artefacts
from edgeagent.scoring.resident import ResidentScorer
from edgeagent.simulator.plan import START
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.publication import take_task_of_quarter
from edgeagent.testing.randomness import SeededRandomSource
from model_export.log import WatchLog
from model_export.publishing.artefacts import export
from model_export.synthetic import synthetic_panel
from model_export.train import train
from server_stub.distribution.operator import Operator
from server_stub.distribution.publish import publish

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
            Operator.without_passphrase(
                self.repository, self.keys, now=now, lifetime_days=LIFETIME_DAYS
            ),
            artefacts,
        )


def _of_the_first_reports(artefacts: Artefacts) -> Artefacts:
    """Ask about the quarter in which a box that is new now reports first."""
    quarter = quarter_of(week_of(START) + 13)
    return replace(artefacts, task=msgspec.structs.replace(artefacts.task, epoch=quarter))


def first_publication(directory: Path) -> Publisher:
    """Train on a small invented panel and publish into an empty directory; a second or two."""
    return publication(directory, synthetic_panel(7, households=120, weeks=20, titles=300), seed=7)


def publication(directory: Path, log: WatchLog, *, seed: int) -> Publisher:
    """Train on a log and publish into an empty directory."""
    model = train(log, seed=seed, segments=16, dimension=32)
    publisher = Publisher(
        repository=directory / "repository",
        keys=directory / "keys",
        artefacts=_of_the_first_reports(export(model, log, now=START)),
        log=log,
    )
    publisher.publish(publisher.artefacts)
    return publisher


@dataclass
class Household:
    """A box on a fake clock, with the resident scorer and HTTP to the server."""

    directory: Path
    config: Config
    clock: FakeClock
    seed: str
    agent: Agent

    @classmethod
    def started(cls, publisher: Publisher, server_url: str, directory: Path) -> Household:
        """Switch a new box on that asks ``server_url`` and trusts ``publisher``."""
        config = Config(
            server_url=server_url,
            trusted_root=str(publisher.repository / "root.json"),
            retention_days=365,
        )
        living = cls(
            directory=directory,
            config=config,
            clock=FakeClock(START),
            seed="household",
            agent=None,  # type: ignore[arg-type]  # set on the next line
        )
        living.agent = living.open()
        return living

    def open(self) -> Agent:
        environment = Environment(
            clock=self.clock,
            random=SeededRandomSource(self.seed),
            make_scorer=ResidentScorer,
            simulated=True,
        )
        return Agent.open(self.directory, config=self.config, environment=environment)

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
        ledger = self.agent._home.ledger
        calendar = ledger.calendar(now=self.clock.now())
        week = calendar.next(calendar.first_week)
        take_task_of_quarter(self.agent, week)
        self.clock.set(week_start(week) + 3600)
        return week

    def end_week(self) -> None:
        self.clock.advance(WEEK_SECONDS)

    def go_to_due_time(self) -> None:
        (entry,) = self.agent._home.ledger.outbox()
        self.clock.set(entry.next_attempt_at)


def titles_of(publisher: Publisher, genre: str) -> list[str]:
    """Return ids of films of one genre, in the order of the catalogue."""
    return [t.entity_id for t in publisher.log.titles if genre in t.genres and t.kind == "film"]
