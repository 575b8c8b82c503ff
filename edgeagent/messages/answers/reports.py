"""Answers about reports: those sent, the next one, the budget, and a sample."""

from __future__ import annotations

from typing import Literal

from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import Obstacle, Outcome

__all__ = [
    "BalanceShape",
    "DisclosureShape",
    "NextReportShape",
    "PreviewShape",
    "PreviewedReportShape",
]


class DisclosureShape(Shape, frozen=True, kw_only=True):
    """One report, byte for byte."""

    report_id: str
    """Its random id, 32 hex digits."""
    week: int
    """The week it covers, counted from 1970."""
    week_start: int
    """Begin of that week, seconds UTC."""
    task: str
    """The report task it answers."""
    recipient: str
    """The server it is for."""
    body: str
    """The bytes that are sent, padding included."""
    drawn_at: int
    """When it was drawn, seconds UTC."""
    due_at: int
    """When it is sent, seconds UTC."""
    settled_at: int | None
    """When it was answered or called off, seconds UTC; null while it waits."""
    outcome: Outcome | None
    """What became of it; null while it waits."""
    epsilon: float
    """Its privacy cost, ε."""
    odds: str
    """e^ε, an exact fraction."""
    meaning: str
    """What a reader can conclude from it, in words."""


class NextReportShape(Shape, frozen=True, kw_only=True):
    """The next report, as far as it can be known; nothing in it depends on what was watched."""

    would_report: bool
    """Whether there will be one as things are now."""
    obstacle: Obstacle | None
    """What prevents it; null when there will be one."""
    reason: str
    """The same in words; empty when there will be one."""
    week: int
    """The next week that can be reported on, counted from 1970."""
    week_start: int
    """Begin of that week, seconds UTC."""
    week_end: int
    """Its end, seconds UTC."""
    sent_between: tuple[int, int]
    """The report is sent at a random moment between these two, seconds UTC."""
    bytes: int
    """Length of its body."""
    categories: int | None
    """Of the report task; null without one."""
    odds: str | None
    """e^ε of the task, an exact fraction; null without one."""
    epsilon: float | None
    """ε of the task; null without one."""
    recipient: str | None
    """The server it is for; null without one."""
    waiting: int
    """Number of reports that are drawn and wait to be sent."""


class BalanceShape(Shape, frozen=True, kw_only=True):
    """Privacy budget of the 52 weeks up to now."""

    reports: int
    """Number of all reports ever drawn, imported ones included."""
    epsilon_spent: float
    """Spent in these 52 weeks."""
    epsilon_limit: float
    """The limit for 52 weeks."""
    odds_spent: str
    """e^ε spent, an exact fraction."""
    odds_limit: str
    """e^ε of the limit."""
    first_reportable_week: int
    """No week before it is ever reported on."""
    silent_until: int
    """A new ledger sends no report before, seconds UTC."""
    silence_has_begun: bool
    """False until the ledger knows the time; ``silentUntil`` moves on until then."""
    spacing_weeks: int
    """Fewest weeks from one report to the next."""


class PreviewedReportShape(Shape, frozen=True, kw_only=True):
    """A sample report: it has no id, and its noise was made for showing only."""

    week: int
    """The week it covers."""
    task: str
    """The report task it answers."""
    counts: tuple[int, ...]
    """A small integer for each category, with noise."""
    note: str
    """Why it is never sent."""


class PreviewShape(Shape, frozen=True, kw_only=True):
    """A sample report and the names of what it counts."""

    preview: Literal[True] = True
    """Always true."""
    categories: tuple[str, ...]
    """Names, in the order of the counts."""
    report: PreviewedReportShape
    """The sample."""
