"""The present privacy assessment of one household: what leaves, its cost, what can be concluded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from edgeagent.clock import iso_utc, week_of
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.errors import StorageError
from edgeagent.messages import Report, SegmentLabel, decode_report
from edgeagent.privacy.accounting import MAX_ODDS_PER_YEAR, epsilon, spent
from edgeagent.privacy.declaration import DeclaredRequest, load_declaration
from edgeagent.privacy.inference import (
    checked_prior,
    largest_posterior,
    posterior,
    uniform_prior,
)
from edgeagent.services.context import BoxContext
from edgeagent.services.household.retention import Retention
from edgeagent.services.models.installation import Installation, InstallationStore, category_labels
from edgeagent.services.reports.limits import ReportRules
from edgeagent.services.reports.promises import Promise, promises
from edgeagent.services.upkeep.settings_risk import Deviation, deviations
from edgeagent.store import Home

__all__ = ["Assessment", "Belief", "Budget", "Conclusions", "assess"]

_DEFAULT_CATEGORIES = 33  # of the exporter's default of 32 segments, before a task is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What reports have cost, as ε = ln(e^ε)."""

    reports: int
    epsilon_last_52_weeks: float
    epsilon_left_52_weeks: float
    epsilon_limit_52_weeks: float
    epsilon_limit_report: float
    epsilon_lifetime: float
    """Of all reports ever, imported debits included: the loss against an observer of all of
    them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """An observer's belief in one category before and after seeing the reports."""

    category: str
    label: SegmentLabel
    """The label as fields; a category that is not a segment has only a name."""
    prior: float
    posterior: float
    posterior_at_most: float
    """The largest posterior that reports on these weeks could have led to."""
    posterior_after_one_more_at_most: float
    """The largest posterior possible after one more report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusions:
    """Conclusions of an observer who sees all reports of this box and knows the population."""

    worst_case: str
    task: str
    reports: int
    """How many of the reports answer that task."""
    beliefs: tuple[Belief, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The whole assessment."""

    at: str
    reporting: tuple[str, ...]
    """Profiles whose viewings may enter reports now."""
    leaves: tuple[DeclaredRequest, ...]
    besides: tuple[str, ...]
    budget: Budget
    conclusions: Conclusions
    promises: tuple[Promise, ...]
    settings: tuple[Deviation, ...]
    riskier_than_default: bool


def assess(
    box: BoxContext,
    *,
    installations: InstallationStore,
    config: Config,
    prior: Sequence[Fraction] | None = None,
) -> Assessment:
    """Return the assessment; from the history it reads the oldest and newest date alone.

    Raises:
        InputError: the prior does not fit the task.
        LedgerBroken: the record of what was spent cannot be trusted.

    """
    home, gate, clock = box.home, box.gate, box.clock
    ledger = home.ledger
    ledger.check()
    declared = load_declaration()
    settings = deviations(config)
    reports = tuple(decode_report(item.body) for item in ledger.disclosures())
    lifetime = prod((debit.odds for debit in ledger.debits()), start=Fraction(1))
    year = spent(ledger.debits(), last_week=week_of(clock.now()))
    rules = ReportRules.of(config)
    return Assessment(
        at=iso_utc(clock.now()),
        reporting=tuple(
            profile
            for profile in ledger.consenting_profiles()
            if gate.holds(Purpose.REPORTING, profile=profile)
            and gate.holds(Purpose.HISTORY, profile=profile)
        ),
        leaves=declared.requests,
        besides=declared.visible_to_the_receiver_besides,
        budget=Budget(
            reports=len(reports),
            epsilon_last_52_weeks=epsilon(year),
            epsilon_left_52_weeks=epsilon(MAX_ODDS_PER_YEAR / year),
            epsilon_limit_52_weeks=epsilon(MAX_ODDS_PER_YEAR),
            epsilon_limit_report=epsilon(rules.limits.max_odds),
            epsilon_lifetime=epsilon(lifetime),
        ),
        conclusions=_conclusions(
            installations.load(),
            reports,
            prior=prior,
            lifetime=lifetime,
            largest=rules.limits.max_odds,
        ),
        promises=promises(
            ledger,
            kept=Retention(box, allowed_days=config.retention_days).kept(),
            dates=_dates(home),
            now=clock.now(),
        ),
        settings=settings,
        riskier_than_default=any(item.direction == "riskier" for item in settings),
    )


def _conclusions(
    installation: Installation,
    reports: Sequence[Report],
    *,
    prior: Sequence[Fraction] | None,
    lifetime: Fraction,
    largest: Fraction,
) -> Conclusions:
    task, categories = _question(installation, reports)
    answers = [report for report in reports if report.task == task]
    shares = (
        uniform_prior(categories)
        if prior is None
        else checked_prior([float(share) for share in prior], categories)
    )
    after = posterior(shares, answers)
    labels = category_labels(installation, task=task, categories=categories)
    return Conclusions(
        worst_case="every report of this box can be linked to the others, and the household "
        "watches the same segment for ever; in other lives they say less"
        + ("; before them all segments are held to be equally likely" if prior is None else ""),
        task=task,
        reports=len(answers),
        beliefs=tuple(
            Belief(
                category=label.name,
                label=label,
                prior=before,
                posterior=now,
                posterior_at_most=largest_posterior(before, lifetime),
                posterior_after_one_more_at_most=largest_posterior(before, lifetime * largest),
            )
            for label, before, now in zip(labels, shares, after, strict=True)
        ),
    )


def _question(installation: Installation, reports: Sequence[Report]) -> tuple[str, int]:
    """Return name and number of categories of the task last answered, or else of the next one."""
    if reports:
        return reports[-1].task, len(reports[-1].counts)
    if installation.task is not None:
        return installation.task.name, installation.task.categories
    return "none yet", _DEFAULT_CATEGORIES


def _dates(home: Home) -> tuple[int, int] | None:
    """Return the oldest and the newest date; an unreadable history counts as never pruned."""
    try:
        oldest = home.history.oldest(*(profile.name for profile in home.history.profiles()))
        newest = home.history.newest()
    except StorageError:
        return 0, 0
    return None if oldest is None or newest is None else (oldest, newest)
