"""A real box with real databases, a fake clock, a scorer without a model and a scripted server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edgeagent.agent import Agent, Environment
from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, quarter_of, week_of, week_start
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.messages import ReportTask, Segmenter, TargetReference, WatchEvent
from edgeagent.services.models.installation import Installation, InstallationStore
from edgeagent.services.timekeeping.device_clock import TimeEvidence
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.publication import take_task_of_quarter
from edgeagent.testing.randomness import SeededRandomSource
from edgeagent.testing.scorer import TableScorer
from edgeagent.testing.transport import ScriptedTransport

MONDAY = week_start(2924)  # 2026-01-12


def task(**changes: object) -> ReportTask:
    reference = TargetReference(path="models/a.onnx", sha256="0" * 64, length_bytes=1)
    catalogue = TargetReference(path="catalogue/a.catalogue", sha256="0" * 64, length_bytes=1)
    fields: dict[str, object] = {
        "mechanism": "subset_selection",
        "categories": 33,
        "odds_numerator": 3,
        "odds_denominator": 1,
        "epoch": quarter_of(week_of(MONDAY)),
        "first_week": 0,
        "segmenter": Segmenter(space_id="0" * 16, model=reference, catalogue=catalogue),
        "sensitive": (5,),
    }
    return ReportTask(**(fields | changes))  # type: ignore[arg-type]


@dataclass
class Box:
    """One box under test; ``agent`` can be closed and opened again."""

    directory: Path
    clock: FakeClock
    scorer: TableScorer
    transport: ScriptedTransport
    agent: Agent
    seed: str = "box"
    config: Config = field(
        default_factory=lambda: Config(server_url="https://models.example", retention_days=365)
    )

    def reopen(self) -> None:
        self.agent.close()
        self.agent = self.open()

    def open(self) -> Agent:
        environment = Environment(
            clock=self.clock,
            random=SeededRandomSource(self.seed),
            make_scorer=lambda: self.scorer,
            transport=self.transport,
            simulated=True,
        )
        return Agent.open(self.directory, config=self.config, environment=environment)

    def install(self, report_task: ReportTask | None = None) -> None:
        """Pretend that an update has happened: a task, its files, and a known time."""
        given = report_task or task()
        store = InstallationStore(self.agent._home.ledger, self.directory / "models")
        evidence = TimeEvidence(
            last_seen=self.clock.now(),
            vouched_until=self.clock.now() + 3 * 365 * DAY_SECONDS,
            issued_at=self.clock.now(),
        )
        store.change(lambda _: Installation(time=evidence).with_task(given))
        self.agent._home.ledger.note_known_time(self.clock.now())
        for reference in (given.segmenter.model, given.segmenter.catalogue):
            store.path(reference).parent.mkdir(parents=True, exist_ok=True)
            store.path(reference).write_bytes(b"x")
        self.reopen()
        self.agent.retention.keep_time()
        self.take_task_of(self.reporting_week())

    def take_task_of(self, week: int) -> None:
        """Pretend that the publisher has issued a new task, in the quarter of this week."""
        take_task_of_quarter(self.agent, week)

    def take_task(self, **changes: object) -> None:
        """Pretend that the publisher has changed what it asks."""
        store = InstallationStore(self.agent._home.ledger, self.directory / "models")
        asked = store.load().task
        assert asked is not None
        fields = {name: getattr(asked, name) for name in asked.__struct_fields__}
        changed = task(**(fields | changes))
        store.change(lambda now: now.with_task(changed))

    def grant(self, *purposes: Purpose, profile: str = "main") -> None:
        for purpose in purposes:
            self.agent.grant(purpose, profile=profile)
        self.update_daily()

    def update_daily(self) -> None:
        """Pretend that the next update of a box that has the time has verified it."""
        if self.agent.clock.is_known():
            self.agent._home.ledger.note_known_time(self.clock.now())

    def watch(self, entity_id: str = "t:1", *, ago: int = 0, **fields: object) -> None:
        event = WatchEvent(
            entity_id=entity_id,
            watched_on=self.clock.now() - ago,
            **fields,  # type: ignore[arg-type]
        )
        self.agent.record_watch(event)

    def reporting_week(self) -> int:
        """The first week this box may report on."""
        ledger = self.agent._home.ledger
        calendar = ledger.calendar(now=self.clock.now())
        return calendar.next(calendar.first_week)

    def go_to_end_of_reporting_week(self, *, cycle: int = 0) -> int:
        week = self.reporting_week() + 13 * cycle
        self.take_task_of(week)
        self.clock.set(week_start(week) + WEEK_SECONDS + 3600)
        return week


@pytest.fixture
def make_box(tmp_path: Path) -> Iterator[Callable[..., Box]]:
    boxes: list[Box] = []

    def make(name: str = "home", *, seed: str = "box", segment: int | None = 3) -> Box:
        box = Box(
            directory=tmp_path / name,
            clock=FakeClock(MONDAY),
            scorer=TableScorer(segment=segment),
            transport=ScriptedTransport(),
            agent=None,  # type: ignore[arg-type]  # set on the next line
            seed=seed,
        )
        box.agent = box.open()
        boxes.append(box)
        return box

    yield make
    for box in boxes:
        box.agent.close()


@pytest.fixture
def box(make_box: Callable[..., Box]) -> Box:
    return make_box()


@pytest.fixture
def agent_box(tmp_path: Path) -> AgentBox:
    """A box whose settings a test can choose."""
    return AgentBox(directory=tmp_path / "agent-box", runtime_directory=tmp_path / "run")
