"""Random lives of a box, held to a plain model after every step."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edgeagent.agent import Agent
from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, week_of
from edgeagent.consent import Purpose
from edgeagent.errors import ConsentRequired, NoModel
from edgeagent.messages import WatchEvent
from edgeagent.services.upkeep.box_erasure import erase_box
from edgeagent.services.upkeep.key_management import configured_provider, rotate
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.publication import TITLE_IDS
from edgeagent.testing.randomness import SeededRandomSource
from edgeagent.testing.scorer import DigestScorer
from edgeagent.testing.transport import ScriptedTransport
from tests.security.plain_box import PlainBox, Step, StepKind, held_by

SPACING_WEEKS = 13
SILENT_WEEKS = 13
PROFILES = ("main", "Ada")
PRIVATE_MINUTES = 60

purposes = st.sampled_from(Purpose)
titles = st.sampled_from(TITLE_IDS[:6])
profiles = st.sampled_from(PROFILES)


class RandomLife(RuleBasedStateMachine):
    """One box, its model, and what the two must agree on."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = Path(tempfile.mkdtemp())
        self.box = AgentBox(
            directory=self._directory / "home",
            runtime_directory=self._directory / "run",
            scorer=DigestScorer(),
            transport=ScriptedTransport(),
            random=SeededRandomSource("random life"),
        )
        self.plain = PlainBox()
        self.private_until = 0
        self.weeks_drawn: list[int] = []
        """Weeks of all reports ever, over erased ledgers, too."""
        self.ledger_began = 0
        self.agent: Agent = self.box.open()
        self._begin_ledger()

    @property
    def now(self) -> int:
        return self.box.clock.now()

    def teardown(self) -> None:
        self.agent.close()
        shutil.rmtree(self._directory)

    # What people do

    @initialize()
    def set_up(self) -> None:
        self.update()
        for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING):
            self.grant(purpose=purpose, profile="main")

    @rule(title=titles, profile=profiles, ago=st.integers(0, 100 * DAY_SECONDS))
    def record(self, title: str, profile: str, ago: int) -> None:
        at = self.now - ago
        allowed = self.plain.allows(Purpose.HISTORY, profile=profile, at=self.now)
        viewing = WatchEvent(entity_id=title, watched_on=at, profile=profile)
        if not allowed:
            with pytest.raises(ConsentRequired):
                self.agent.record_watch(viewing)
        elif self.is_private():
            assert self.agent.record_watch(viewing).ignored_private == 1
        else:
            assert self.agent.record_watch(viewing).stored == 1
            self._apply("record", profile=profile, watched=((at, title),))

    @rule(purpose=purposes, profile=profiles)
    def grant(self, purpose: Purpose, profile: str) -> None:
        self.agent.grant(purpose, profile=profile)
        self._apply("grant", profile=profile, purpose=purpose)

    @rule(purpose=purposes, profile=profiles)
    def withdraw(self, purpose: Purpose, profile: str) -> None:
        self.agent.withdraw(purpose, profile=profile)
        self._apply("withdraw", profile=profile, purpose=purpose)

    @rule(title=titles, profile=profiles)
    def forget(self, title: str, profile: str) -> None:
        self.agent.title_marks.forget(title, profile=profile)
        self._apply("forget", profile=profile, entity_id=title)

    @rule()
    def start_private(self) -> None:
        self.private_until = self.agent.private.start(minutes=PRIVATE_MINUTES)

    @rule()
    def stop_private(self) -> None:
        self.agent.private.stop()
        self.private_until = 0

    @rule(profile=profiles)
    def recommend(self, profile: str) -> None:
        if self.plain.allows(Purpose.PERSONALIZATION, profile=profile, at=self.now):
            try:
                assert self.agent.recommend(profile=profile).picks
            except NoModel:
                assert self.plain.vouched_until == 0
        else:
            with pytest.raises(ConsentRequired):
                self.agent.recommend(profile=profile)

    # What time and the box do

    @rule(seconds=st.sampled_from([1800, DAY_SECONDS, WEEK_SECONDS, 13 * WEEK_SECONDS]))
    def time_passes(self, seconds: int) -> None:
        self.box.clock.advance(seconds)

    @rule()
    def update(self) -> None:
        self.box.update(self.agent)
        self._apply("update")

    @rule()
    def housekeeping(self) -> None:
        skipped = self.agent.housekeeping().skipped
        assert bool(skipped) == self.is_private()
        if not skipped:
            self._apply("housekeeping")

    @rule()
    def close_week(self) -> None:
        closing = self.agent.close_week()
        if closing.outcome == "drawn":
            assert closing.week is not None
            assert self.plain.allows(Purpose.HISTORY, profile="main", at=self.now) or (
                self.plain.allows(Purpose.HISTORY, profile="Ada", at=self.now)
            )
            assert closing.week < week_of(self.now)
            assert closing.week > self.ledger_began + SILENT_WEEKS
            assert all(closing.week - week >= SPACING_WEEKS for week in self.weeks_drawn)
            self.weeks_drawn.append(closing.week)
            event("a report was drawn")

    @rule()
    def a_reporting_week_ends(self) -> None:
        ends = (self.box.end_of_reporting_week(self.agent, cycle=cycle) for cycle in range(1000))
        self.box.clock.set(next(end for end in ends if end > self.now))
        self.update()
        self.close_week()

    @rule()
    def send(self) -> None:
        for sending in self.agent.send_reports():
            event("a report was sent")
            assert sending.week in self.weeks_drawn

    @rule()
    def restart(self) -> None:
        self.agent.close()
        self.agent = self.box.open()

    @rule()
    def rotate(self) -> None:
        rotate(self.box.directory, self.box.config)

    @rule()
    def rekey(self) -> None:
        self.agent._home.rekey()

    @rule()
    def erase_history(self) -> None:
        self.agent.erasure.erase_history()
        self._apply("erase_history")

    @precondition(lambda self: len(self.weeks_drawn) > 0)
    @rule()
    def erase_all(self) -> None:
        self.agent.close()
        provider = configured_provider(self.box.directory, self.box.config)
        erase_box(self.box.directory, provider=provider, now=self.now)
        self.agent = self.box.open()
        self._apply("erase_all")
        self._begin_ledger()

    # What must always hold

    @invariant()
    def the_box_holds_what_the_model_holds(self) -> None:
        self.agent._home.ledger.check()
        assert held_by(self.agent) == self.plain.shown(self.now)
        assert (self.agent.private.ends_at() is not None) == self.is_private()

    @invariant()
    def whatever_left_was_drawn_once(self) -> None:
        assert isinstance(self.box.transport, ScriptedTransport)
        assert len(set(self.box.transport.bodies)) <= len(self.weeks_drawn)
        assert len(set(self.weeks_drawn)) == len(self.weeks_drawn)

    def is_private(self) -> bool:
        return self.now < self.private_until

    def _apply(self, kind: StepKind, **fields: Any) -> None:
        self.plain = self.plain.after(Step(kind=kind, at=self.now, **fields))

    def _begin_ledger(self) -> None:
        self.ledger_began = week_of(self.now)
        self.agent.household.create("Ada", kind="adult")


TestRandomLife: Callable[[], Any] = pytest.mark.deep(RandomLife.TestCase)
RandomLife.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
