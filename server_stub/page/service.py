"""Service: what boxes get, how long it is signed, how the server is, what privacy is in force."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from edgeagent.clock import DAY_SECONDS
from edgeagent.messages import ReportTask
from edgeagent.privacy.accounting import epsilon
from edgeagent.privacy.randomizers import randomizer_for
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.reporting_calendar import SPACING_WEEKS
from server_stub.page.figures import PageFigures
from server_stub.page.health import ServerHealth
from server_stub.page.rendering import render

__all__ = ["service_page"]

_SOON_DAYS = 3
_YEAR_WEEKS = 52
_SMALL_BYTES = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryRow:
    """Until when one role's metadata holds."""

    role: str
    at: int
    days: int
    state: str
    """ "fine", "soon", "over" or "unreadable"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseInForce:
    """What a box does to a report before it leaves, and how often."""

    odds: float
    """e^ε of one report."""
    epsilon: float
    answers_a_year: int
    odds_a_year: float
    one_percent_after_answer: int
    """At most so likely, in percent, is after one answer what was 1 % likely before it."""
    one_percent_after_year: int
    """The same after a year's answers."""
    spacing_weeks: int
    named: int | None
    """How many categories a report names; ``None``: it holds noisy counts instead."""
    true_of_100: int
    """How often the true category is among them."""
    other_of_100: int


def service_page(
    figures: PageFigures, health: ServerHealth, task: ReportTask, *, now: int, **frame: object
) -> str:
    """Return the page.

    Args:
        figures: name the model.
        health: of the server.
        task: the newest.
        now: seconds UTC.
        frame: what every page has.

    """
    return render(
        "service",
        figures=figures,
        view="service",
        health=health,
        task=task,
        manifest=figures.manifest,
        expiries=[_expiry(role, at, now) for role, at in health.expiries.items()],
        noise=_noise(task),
        little_space=health.free_bytes < _SMALL_BYTES,
        **frame,
    )


def _expiry(role: str, at: int, now: int) -> ExpiryRow:
    days = (at - now) // DAY_SECONDS
    if at == 0:
        state = "unreadable"
    elif at <= now:
        state = "over"
    else:
        state = "soon" if days < _SOON_DAYS else "fine"
    return ExpiryRow(role=role, at=at, days=days, state=state)


def _noise(task: ReportTask) -> NoiseInForce:
    mechanism = randomizer_for(task)
    answers = _YEAR_WEEKS // SPACING_WEEKS
    odds, odds_a_year = float(task.odds), float(task.odds) ** answers
    chosen = mechanism if isinstance(mechanism, SubsetSelection) else None
    return NoiseInForce(
        odds=odds,
        epsilon=epsilon(task.odds),
        answers_a_year=answers,
        odds_a_year=odds_a_year,
        one_percent_after_answer=_after(odds),
        one_percent_after_year=_after(odds_a_year),
        spacing_weeks=SPACING_WEEKS,
        named=chosen.weight if chosen else None,
        true_of_100=round(100 * float(chosen.p)) if chosen else 0,
        other_of_100=round(100 * float(chosen.q)) if chosen else 0,
    )


def _after(odds: float) -> int:
    """Return how likely something is, in percent, that was 1 % likely, once the odds have moved."""
    return ceil(100 * odds / (odds + 99))
