"""The privacy assessment: what leaves, what it costs, what it tells, whether promises hold."""

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
    value: str | None
    """The same on every box; null for the address of the server."""


class DeclaredFieldShape(Shape, frozen=True, kw_only=True):
    """One field of a body."""

    name: str
    holds: str
    purpose: str
    from_history: bool
    """Whether what was watched has a part in it."""
    schema: dict[str, Any]
    """JSON Schema of its values."""


class DeclaredRequestShape(Shape, frozen=True, kw_only=True):
    """One kind of request."""

    name: str
    method: str
    path: str
    purpose: str
    basis: str
    retention: str
    body_bytes: int
    headers: tuple[DeclaredHeaderShape, ...]
    """All of them, in their order."""
    fields: tuple[DeclaredFieldShape, ...]
    """All fields of its body."""


class BudgetShape(Shape, frozen=True, kw_only=True):
    """What reports have cost, in ε = ln(e^ε)."""

    reports: int
    epsilon_last_52_weeks: float
    epsilon_left_52_weeks: float
    epsilon_limit_52_weeks: float
    epsilon_limit_report: float
    epsilon_lifetime: float
    """Of all reports ever, imported debits included; what an observer of all of them has."""


class BeliefShape(Shape, frozen=True, kw_only=True):
    """What an observer believes of one category before and after seeing the reports."""

    category: str
    label: SegmentLabel
    """The same as fields; without a segment it has no more than the name."""
    prior: float
    posterior: float
    posterior_at_most: float
    """Whatever the reports had said."""
    posterior_after_one_more_at_most: float
    """After the next report, whatever it says."""


class ConclusionsShape(Shape, frozen=True, kw_only=True):
    """For somebody who sees all reports of this box and knows the population."""

    worst_case: str
    task: str
    reports: int
    """How many of the reports are answers to that task."""
    beliefs: tuple[BeliefShape, ...]


class PromiseShape(Shape, frozen=True, kw_only=True):
    """One thing that can be said of this box's privacy, and whether it holds now."""

    topic: str
    text: str
    holds: bool


class DeviationShape(Shape, frozen=True, kw_only=True):
    """One setting that is not at its default."""

    setting: str
    direction: Literal["riskier", "safer", "neutral"]
    words: str
    names: tuple[str, ...] = ()
    """What the words name: the number of days, or who may reach the service."""


class AssessmentShape(Shape, frozen=True, kw_only=True):
    """The whole of it."""

    at: str
    reporting: tuple[str, ...]
    """Profiles that take part in reports now."""
    leaves: tuple[DeclaredRequestShape, ...]
    besides: tuple[str, ...]
    budget: BudgetShape
    conclusions: ConclusionsShape
    promises: tuple[PromiseShape, ...]
    settings: tuple[DeviationShape, ...]
    riskier_than_default: bool
