"""Answers about reports: what left, what comes next, what it cost, what one would look like."""

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
    week: int
    week_start: int
    task: str
    recipient: str
    body: str
    drawn_at: int
    due_at: int
    settled_at: int | None
    outcome: Outcome | None
    """Null while it waits to be sent."""
    epsilon: float
    odds: str
    """e^ε, an exact fraction."""
    meaning: str
    """What a reader can conclude from it, in words."""


class NextReportShape(Shape, frozen=True, kw_only=True):
    """What comes next, as far as it can be known: never from what was watched."""

    would_report: bool
    obstacle: Obstacle | None
    """Why there will be no report as things stand; null when there will be one."""
    reason: str
    """The same in words; empty when there will be one."""
    week: int
    """The next week that can be reported on."""
    week_start: int
    week_end: int
    sent_between: tuple[int, int]
    """The report leaves at a random moment of these days."""
    bytes: int
    categories: int | None
    odds: str | None
    epsilon: float | None
    recipient: str | None
    waiting: int
    """Reports that are drawn and wait to be sent."""


class BalanceShape(Shape, frozen=True, kw_only=True):
    """What was spent on reports in the 52 weeks up to now."""

    reports: int
    """All that were ever drawn, and those of an imported ledger."""
    epsilon_spent: float
    epsilon_limit: float
    odds_spent: str
    """e^ε, an exact fraction."""
    odds_limit: str
    first_reportable_week: int
    silent_until: int
    """A new ledger reports nothing before, seconds UTC."""
    silence_has_begun: bool
    """False while the time is not known to the ledger: until then ``silent_until`` moves on."""
    spacing_weeks: int


class PreviewedReportShape(Shape, frozen=True, kw_only=True):
    """A report that is not one: it has no id, and its noise was made for showing only."""

    week: int
    task: str
    counts: tuple[int, ...]
    note: str


class PreviewShape(Shape, frozen=True, kw_only=True):
    """Such a report, with the names of what it counts."""

    preview: Literal[True] = True
    categories: tuple[str, ...]
    report: PreviewedReportShape
