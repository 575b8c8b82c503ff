"""The privacy assessment: what leaves, its privacy cost, what it reveals, which promises hold."""

from __future__ import annotations

from typing import Any, Literal

from edgeagent.messages.codec import Shape
from edgeagent.messages.manifest import SegmentLabel

__all__ = [
    "AssessmentShape",
    "BeliefShape",
    "BudgetShape",
    "ConclusionsShape",
    "DeclaredFieldShape",
    "DeclaredHeaderShape",
    "DeclaredRequestShape",
    "DeviationShape",
    "PromiseShape",
]


class DeclaredHeaderShape(Shape, frozen=True, kw_only=True):
    """One header of a request."""

    name: str
    """Its name."""
    value: str | None
    """The same on every box; null for the address of the server."""
    varies: str
    """In which way the value may be another one; empty: it may not."""


class DeclaredFieldShape(Shape, frozen=True, kw_only=True):
    """One field of a body."""

    name: str
    """Its name in the body."""
    holds: str
    """What its values are."""
    purpose: str
    """What it is sent for."""
    from_history: bool
    """Whether it depends on what was watched."""
    schema: dict[str, Any]
    """JSON Schema of its values."""


class DeclaredRequestShape(Shape, frozen=True, kw_only=True):
    """One kind of request that a box sends."""

    name: str
    """Its name here."""
    method: str
    """HTTP method."""
    path: str
    """Path on the server."""
    purpose: str
    """What it is sent for."""
    basis: str
    """Legal basis."""
    retention: str
    """How long the server keeps it."""
    body_bytes: int
    """Length of its body."""
    headers: tuple[DeclaredHeaderShape, ...]
    """All headers, in their order."""
    fields: tuple[DeclaredFieldShape, ...]
    """All fields of its body."""


class BudgetShape(Shape, frozen=True, kw_only=True):
    """Privacy cost of the reports, in ε."""

    reports: int
    """Number of reports that were drawn in this box."""
    epsilon_last_52_weeks: float
    """Spent in the last 52 weeks, imported debits included."""
    epsilon_left_52_weeks: float
    """Left of the limit."""
    epsilon_limit_52_weeks: float
    """Limit for any 52 weeks."""
    epsilon_limit_report: float
    """Limit for one report."""
    epsilon_lifetime: float
    """Spent on all reports ever, imported debits included; what an observer of all of them has."""


class BeliefShape(Shape, frozen=True, kw_only=True):
    """What an observer of the reports believes of one category, as probabilities."""

    category: str
    """Name of the category."""
    label: SegmentLabel
    """The same as fields; without a segment it has only the name."""
    prior: float
    """Before any report."""
    posterior: float
    """After the reports of this box."""
    posterior_at_most: float
    """The largest belief that so many reports can lead to, whatever their content."""
    posterior_after_one_more_at_most: float
    """The largest belief that one report more can lead to, whatever its content."""


class ConclusionsShape(Shape, frozen=True, kw_only=True):
    """What an observer can conclude who sees all reports of this box and knows the population."""

    worst_case: str
    """What the figures assume, in words."""
    task: str
    """The report task that the beliefs are about."""
    reports: int
    """How many of the reports answer that task."""
    beliefs: tuple[BeliefShape, ...]
    """One for each category."""


class PromiseShape(Shape, frozen=True, kw_only=True):
    """One statement on the privacy of this box, and whether it holds now."""

    topic: str
    """What it is about."""
    text: str
    """The statement."""
    holds: bool
    """Whether it holds now."""


class DeviationShape(Shape, frozen=True, kw_only=True):
    """One setting that differs from its default."""

    setting: str
    """Its name."""
    direction: Literal["riskier", "safer", "neutral"]
    """What the difference means for privacy."""
    words: str
    """The difference in words."""
    names: tuple[str, ...] = ()
    """What the words name: the number of days, or who may reach the service."""


class AssessmentShape(Shape, frozen=True, kw_only=True):
    """The privacy assessment of this box."""

    at: str
    """When it was made, ISO 8601."""
    reporting: tuple[str, ...]
    """Profiles that take part in reports now."""
    leaves: tuple[DeclaredRequestShape, ...]
    """Every kind of request that leaves the box."""
    besides: tuple[str, ...]
    """What the receiver sees besides the contents."""
    budget: BudgetShape
    """Privacy cost so far."""
    conclusions: ConclusionsShape
    """What the reports reveal."""
    promises: tuple[PromiseShape, ...]
    """Statements that are checked."""
    settings: tuple[DeviationShape, ...]
    """Settings that differ from their defaults."""
    riskier_than_default: bool
    """Whether one of them lowers privacy."""
