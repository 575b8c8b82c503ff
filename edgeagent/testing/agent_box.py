"""A whole box: a real Agent over real databases, with a fake clock and no model and no server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from edgeagent.agent import Agent, Environment
from edgeagent.clock import WEEK_SECONDS, week_start
from edgeagent.config import Config
from edgeagent.network.transport import Transport
from edgeagent.randomness import RandomSource
from edgeagent.reporting_calendar import SPACING_WEEKS
from edgeagent.scoring.protocol import Scorer
from edgeagent.services.models.facade import Models, Update
from edgeagent.services.models.installation import InstallationStore
from edgeagent.store.home_files import MODELS_DIRECTORY
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.inside import box_context
from edgeagent.testing.publication import StaticRepository, take_task_of_quarter
from edgeagent.testing.randomness import SeededRandomSource
from edgeagent.testing.scorer import TableScorer
from edgeagent.testing.transport import ScriptedTransport

__all__ = ["AgentBox"]


@dataclass(kw_only=True)
class AgentBox:
    """Everything around one home; agents on it can be opened and closed at will."""

    directory: Path
    runtime_directory: Path
    """Where a private session leaves its marker; outside ``directory``."""
    clock: FakeClock = field(default_factory=lambda: FakeClock(week_start(2924)))
    """Begins on Monday 2026-01-12."""
    scorer: Scorer = field(default_factory=lambda: TableScorer(segment=3))
    transport: Transport = field(default_factory=ScriptedTransport)
    random: RandomSource = field(default_factory=lambda: SeededRandomSource("agent box"))
    config: Config = field(default_factory=lambda: Config(server_url="https://scripted.example"))

    def open(self) -> Agent:
        """Open the home once more, as another process or a restart would."""
        return Agent.open(self.directory, config=self.config, environment=self.environment())

    def environment(self) -> Environment:
        """Return what an agent of this box is opened in."""
        self.runtime_directory.mkdir(exist_ok=True)
        return Environment(
            clock=self.clock,
            random=self.random,
            make_scorer=lambda: self.scorer,
            transport=self.transport,
            runtime_directory=self.runtime_directory,
            simulated=True,
        )

    def update(
        self, agent: Agent, *, issued_at: int | None = None, vouched_until: int | None = None
    ) -> Update:
        """Bring model, catalogue and task up to date by the real services, without a server.

        Args:
            agent: one that :meth:`open` returned.
            issued_at: when the repository's timestamp was signed; now, if the clock of the box is
                right, unless given.
            vouched_until: expiry of the repository's timestamp; 90 days from now unless given.

        """
        return self.models(agent, issued_at=issued_at, vouched_until=vouched_until).update()

    def models(
        self, agent: Agent, *, issued_at: int | None = None, vouched_until: int | None = None
    ) -> Models:
        """Return what :meth:`update` works with, to fetch and to activate one after the other."""
        directory = self.directory / MODELS_DIRECTORY
        return Models(
            box_context(agent),
            installations=InstallationStore(box_context(agent).home.ledger, directory),
            scorer=lambda: self.scorer,
            open_repository=lambda now: StaticRepository(
                directory, now=now, issued_at=issued_at, vouched_until=vouched_until
            ),
            random=self.random,
        )

    def know_time(self, agent: Agent) -> None:
        """Let the ledger note what it would at an update: the clock and a new timestamp agree."""
        box_context(agent).home.ledger.note_known_time(self.clock.now())

    def end_of_reporting_week(self, agent: Agent, *, cycle: int = 0) -> int:
        """Return a moment, seconds UTC, an hour after a reporting week of the box has ended.

        A box that has not learned the time yet does so now: its silence begins with that. It gets
        the report task of that week's quarter.

        Args:
            agent: one that :meth:`open` returned.
            cycle: 0 for the first reporting week, 1 for the next, and so on.

        """
        self.know_time(agent)
        calendar = box_context(agent).home.ledger.calendar(now=box_context(agent).clock.now())
        week = calendar.next(calendar.first_week) + SPACING_WEEKS * cycle
        take_task_of_quarter(agent, week)
        return week_start(week) + WEEK_SECONDS + 3600
