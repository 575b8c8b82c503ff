"""What was acknowledged before a kill, and whether it is there after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

import msgspec

from edgeagent.agent import Agent
from edgeagent.clock import week_start
from edgeagent.messages import sha256_hex
from tests.security.plain_box import PlainBox, Step, held_by
from tests.security.work import Announced, Done

__all__ = ["Comparison", "KillFigures", "Known"]

_YEAR_WEEKS = 52
_SPACING_WEEKS = 13  # written out again: a check does not ask what it checks
_MOST_IN_A_REPORT = Fraction(3)
_MOST_IN_A_YEAR = 4  # 3 ** 4 = 81
_BODY_BYTES = 512


@dataclass(kw_only=True)
class KillFigures:
    """What the kills came to."""

    kills: int = 0
    steps: int = 0
    """Acknowledged steps of every kind."""
    events: int = 0
    """Viewings found again, summed over all openings; also decisions and reports."""
    consents: int = 0
    reports: int = 0
    sent: int = 0
    """Reports that were handed to the transport, each try counted."""
    redone: int = 0
    """How often the step under way turned out to have happened."""
    losses: list[str] = field(default_factory=list)
    double_reports: list[str] = field(default_factory=list)
    budget_errors: list[str] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        """Everything that must not happen."""
        return self.losses + self.double_reports + self.budget_errors


@dataclass(kw_only=True)
class Known:
    """What has been acknowledged so far."""

    at: int = week_start(2924)
    steps: int = 0
    box: PlainBox = field(default_factory=PlainBox)
    drawn: dict[int, str] = field(default_factory=dict)
    """SHA-256 of the report of each week, of the ledger there is now."""
    accepted: set[str] = field(default_factory=set)
    bodies: set[str] = field(default_factory=set)
    """SHA-256 of every report that was ever drawn, in whichever ledger."""
    earlier_weeks: list[int] = field(default_factory=list)
    """Weeks of reports in ledgers that have been erased."""

    def take_in(self, lines: Iterable[Announced | Done]) -> Step | None:
        """Apply what a worker said; return the step that was under way."""
        pending: Step | None = None
        for told in lines:
            self.at = told.step.at
            pending = told.step if isinstance(told, Announced) else None
            if isinstance(told, Done):
                self._apply(told)
        return pending

    def begin_ledger(self) -> None:
        """Reports of the ledger there was are no longer expected, but their weeks count."""
        self.earlier_weeks += self.drawn
        self.drawn = {}
        self.accepted = set()

    def _apply(self, done: Done) -> None:
        self.steps += 1
        self.box = self.box.after(done.step)
        self.accepted.update(done.accepted)
        if done.drawn is not None:
            week, body = done.drawn
            self.drawn[week] = body
            self.bodies.add(body)
        if done.step.kind == "erase_all":
            self.begin_ledger()


class Comparison:
    """One opened box beside what is known of it; takes over what it finds."""

    def __init__(self, figures: KillFigures, *, known: Known, pending: Sequence[Step]) -> None:
        """Add to ``figures``; of ``pending``, none, some first ones or all may have happened."""
        self._figures = figures
        self._known = known
        self._pending = pending

    def compare(self, agent: Agent, *, sent: Path) -> None:
        """Compare everything; ``sent`` holds what the transport was handed, a line each.

        Raises:
            EdgeAgentError: something cannot be read.

        """
        agent._home.ledger.check()
        began = agent._home.ledger.genesis.created_at
        if self._pending_of("erase_all") and began >= self._known.at:
            self._known.begin_ledger()
        self._compare_rows(agent)
        self._compare_reports(agent)
        self._compare_deliveries(agent)
        self._check_weeks([*self._known.earlier_weeks, *self._known.drawn])
        self._compare_sent(sent)

    def _compare_rows(self, agent: Agent) -> None:
        at = self._known.at
        found, expected = held_by(agent), self._known.box.shown(at)
        self._figures.events += len(found.watched)
        self._figures.consents += len(found.decisions)
        if found != expected:
            possible = accumulate(self._pending, PlainBox.after, initial=expected)
            if found in (box.shown(at) for box in possible):
                self._figures.redone += 1
            else:
                self._lost(
                    f"viewings missing {sorted(expected.watched - found.watched)[:3]}, "
                    f"not expected {sorted(found.watched - expected.watched)[:3]}; "
                    f"{len(found.decisions)} decisions, expected {len(expected.decisions)}"
                )
        self._known.box = found

    def _compare_reports(self, agent: Agent) -> None:
        disclosures = agent.disclosures()
        self._figures.reports += len(disclosures)
        found = {item.week: sha256_hex(item.body) for item in disclosures}
        expected = self._known.drawn
        lost = {week for week, body in expected.items() if found.get(week) != body}
        if lost:
            self._lost(f"reports of weeks {sorted(lost)} are gone or changed")
        more = found.keys() - expected.keys()
        if len(more) > self._pending_of("close_week"):
            self._lost(f"reports of weeks {sorted(more)} that nobody drew")
        if any(item.odds > _MOST_IN_A_REPORT for item in disclosures):
            self._figures.budget_errors.append("a report costs more than 3")
        debits = [debit.week for debit in agent._home.ledger.debits()]
        if debits != sorted(item.week for item in disclosures):
            self._figures.budget_errors.append("debits and reports are not of the same weeks")
        self._known.drawn = found
        self._known.bodies.update(found.values())

    def _compare_deliveries(self, agent: Agent) -> None:
        disclosures = agent.disclosures()
        waiting = {entry.report_id for entry in agent._home.ledger.outbox()}
        settled = {item.report_id for item in disclosures if item.outcome is not None}
        if waiting & settled or waiting | settled != {item.report_id for item in disclosures}:
            self._lost("a report neither waits nor is settled, or both")
        accepted = {item.report_id for item in disclosures if item.outcome == "accepted"}
        if not self._known.accepted <= accepted:
            self._lost("an acknowledged delivery is gone")

    def _check_weeks(self, drawn: list[int]) -> None:
        weeks = sorted(drawn)
        if len(set(weeks)) != len(weeks):
            self._figures.double_reports.append(f"a week was drawn twice: {weeks}")
        if any(0 < later - earlier < _SPACING_WEEKS for earlier, later in pairwise(weeks)):
            self._figures.budget_errors.append(f"reports less than 13 weeks apart: {weeks}")
        for first in weeks:
            if sum(first <= week < first + _YEAR_WEEKS for week in weeks) > _MOST_IN_A_YEAR:
                self._figures.budget_errors.append(f"more than 4 reports in 52 weeks from {first}")

    def _compare_sent(self, sent: Path) -> None:
        """Everything that left was booked first, and each week left as one and the same bytes."""
        whole = [line for line in sent.read_bytes().split(b"\n") if len(line) == _BODY_BYTES]
        self._figures.sent = len(whole)
        if any(sha256_hex(body) not in self._known.bodies for body in whole):
            self._figures.budget_errors.append("a report left that was never booked")
        weeks = [msgspec.json.decode(body)["week"] for body in set(whole)]
        if len(set(weeks)) != len(weeks):
            self._figures.double_reports.append(f"two reports of one week left: {sorted(weeks)}")

    def _pending_of(self, kind: str) -> int:
        return sum(step.kind == kind for step in self._pending)

    def _lost(self, what: str) -> None:
        doing = self._pending[0].kind if self._pending else "nothing"
        self._figures.losses.append(f"{what} (under way: {doing})")
