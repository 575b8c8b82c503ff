"""Simulate one box: install, consent, update, watch, pick, close weeks, send."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from edgeagent.agent import Agent, Environment
from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, week_of
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.errors import PromiseBroken
from edgeagent.messages import Picks, ReportTask, SegmentRequest, SplitRequest, Viewing
from edgeagent.messages.fields import MAIN_PROFILE, MAX_RETENTION_DAYS
from edgeagent.messages.targets import TARGETS
from edgeagent.scoring.protocol import Scorer
from edgeagent.segments.categories import category_of
from edgeagent.simulator.plan import START, HouseholdPlan
from edgeagent.store import Disclosure
from edgeagent.store.home_files import MODELS_DIRECTORY
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.inside import box_context
from edgeagent.testing.publication import take_task_of_quarter
from edgeagent.testing.randomness import SeededRandomSource

__all__ = ["HouseholdLife", "HouseholdOutcome", "SharedSetup"]

_INSTALLED_AT = START - DAY_SECONDS
"""The Sunday before, so that the 13 silent weeks of the new ledger begin with the first week."""

_PICKS_EVERY_WEEKS = 4
_CLOSING_HOUR_SECONDS = 3600
_PICKS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedSetup:
    """The settings that all boxes of a simulation share."""

    homes: Path
    server_url: str
    trusted_root: Path
    weeks: int
    seed: int

    def config(self, *, scorer: str = "resident") -> Config:
        """Return the settings of every box."""
        return Config(
            server_url=self.server_url,
            trusted_root=str(self.trusted_root),
            retention_days=MAX_RETENTION_DAYS,
            scorer="child" if scorer == "child" else "resident",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdOutcome:
    """The outcome of one box, for the summary; nothing of this ever leaves a real box."""

    number: int
    events: int
    drawn: int
    accepted: int
    refused: tuple[str, ...]
    body_lengths: tuple[int, ...]
    picks: Picks
    category_shares: tuple[Fraction, ...]
    """[S'] probability that a random session of a random week is in each category: the truth."""
    disclosures: tuple[Disclosure, ...]


@contextmanager
def _warnings_off() -> Iterator[None]:
    """Silence the warnings about settings, which the simulation has chosen itself."""
    logger = logging.getLogger("edgeagent")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


class HouseholdLife:
    """Runs one real agent through one plan, on its own clock."""

    def __init__(
        self,
        plan: HouseholdPlan,
        setup: SharedSetup,
        *,
        make_scorer: Callable[[], Scorer] | None = None,
        shared_targets: Path | None = None,
    ) -> None:
        """Prepare a box.

        Args:
            plan: the household's viewings.
            setup: server, trusted root and calendar.
            make_scorer: returns a scorer shared by the boxes of a worker; ``None``: the scoring
                child.
            shared_targets: verified downloads of another box, which are hard-linked.

        """
        self._plan = plan
        self._setup = setup
        self._clock = FakeClock(_INSTALLED_AT)
        self._make_scorer = make_scorer
        self.home = setup.homes / f"{plan.number:05d}"
        if shared_targets is not None:
            _link_targets(shared_targets, self.home / MODELS_DIRECTORY / TARGETS)

    def live(self) -> HouseholdOutcome:
        """Simulate all weeks and return the outcome."""
        around = self._setup
        environment = Environment(
            clock=self._clock,
            random=SeededRandomSource(f"{around.seed}/household/{self._plan.number}"),
            make_scorer=self._make_scorer,
            simulated=True,
        )
        config = around.config(scorer="resident" if self._make_scorer else "child")
        with (
            _warnings_off(),
            Agent.open(self.home, config=config, environment=environment) as agent,
        ):
            for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION, Purpose.REPORTING):
                agent.grant(purpose)
            agent.update_model()
            refused = self._live_weeks(agent)
            picks = agent.recommend(limit=_PICKS)
            return self._outcome(agent, picks, refused)

    def _live_weeks(self, agent: Agent) -> list[str]:
        refused: list[str] = []
        evenings = iter(self._plan.evenings)
        evening = next(evenings, None)
        for week in range(self._setup.weeks):
            end = START + (week + 1) * WEEK_SECONDS
            while evening is not None and evening[-1].watched_on < end:
                self._clock.set(evening[-1].watched_on)
                agent.record_watch(evening)
                evening = next(evenings, None)
            if week % _PICKS_EVERY_WEEKS == 0:
                agent.recommend(limit=_PICKS)
            # The repository does not change while each box goes through all weeks in turn.
            take_task_of_quarter(agent, week_of(end) - 1)
            self._clock.set(end + _CLOSING_HOUR_SECONDS)
            agent.close_week()
            refused += self._send(agent)
        return refused

    def _send(self, agent: Agent) -> list[str]:
        """Send each queued report when it is due, as the service of a box does."""
        refused = []
        while (moment := agent.reports.next_attempt_at()) is not None:
            self._clock.set(max(self._clock.now(), moment))
            refused += [
                f"{sending.outcome}: {sending.detail}"
                for sending in agent.send_reports()
                if sending.outcome != "accepted"
            ]
            if refused:
                break
        return refused

    def _outcome(self, agent: Agent, picks: Picks, refused: list[str]) -> HouseholdOutcome:
        stores = box_context(agent).home
        stores.shown.since = lambda: 0  # the truth includes viewings past their retention
        disclosures = agent.disclosures()
        return HouseholdOutcome(
            number=self._plan.number,
            events=stores.history.count(MAIN_PROFILE),
            drawn=len(disclosures),
            accepted=sum(item.outcome == "accepted" for item in disclosures),
            refused=tuple(refused),
            body_lengths=tuple(len(item.body) for item in disclosures),
            picks=picks,
            category_shares=self._category_shares(agent),
            disclosures=disclosures,
        )

    def _category_shares(self, agent: Agent) -> tuple[Fraction, ...]:
        installation = agent.installation()
        task = installation.task
        if task is None:
            raise PromiseBroken(f"box {self._plan.number} has no report task after its update")
        weeks = Counter[int]()
        shares = [Fraction(0)] * task.categories
        for week, viewings in self._viewings_by_week(agent).items():
            weeks[week] += 1
            for category, share in self._week_shares(agent, task, viewings):
                shares[category] += share
        silent = self._setup.weeks - len(weeks)
        shares[task.none_category] += silent
        return tuple(share / self._setup.weeks for share in shares)

    def _viewings_by_week(self, agent: Agent) -> dict[int, list[Viewing]]:
        weeks: dict[int, list[Viewing]] = {}
        end = START + self._setup.weeks * WEEK_SECONDS
        for viewing in box_context(agent).home.history.between(MAIN_PROFILE, START, end):
            weeks.setdefault(week_of(viewing.watched_on), []).append(viewing)
        return weeks

    def _week_shares(
        self, agent: Agent, task: ReportTask, viewings: list[Viewing]
    ) -> list[tuple[int, Fraction]]:
        files = agent.segmenter_files(task)
        split = agent.scorer.split(SplitRequest(files=files, profiles=(tuple(viewings),)))
        answer = agent.scorer.segment(SegmentRequest(files=files, sessions=split.sessions))
        share = Fraction(1, len(answer.segments))
        return [
            (category_of(segment, task, started_on=moment), share)
            for segment, moment in zip(answer.segments, answer.started_on, strict=True)
        ]


def _link_targets(source: Path, destination: Path) -> None:
    """Hard-link targets named by hash; TUF verifies them before use like any cached file."""
    destination.mkdir(parents=True, exist_ok=True)
    for target in source.iterdir():
        if not target.name.endswith(".json"):
            os.link(target, destination / target.name)
