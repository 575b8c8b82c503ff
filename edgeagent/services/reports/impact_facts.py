"""What an annex to a data protection impact assessment states of this box: what is in force.

It describes the processing, not the household: neither profiles nor consents nor what reports have
said are in it, so an operator can file it. Two boxes with the same settings, task and budget give
the same facts whatever was watched there, as long as all promises hold; a test compares the bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from msgspec import UNSET

from edgeagent import __version__
from edgeagent.clock import DAY_SECONDS
from edgeagent.config import Config
from edgeagent.consent import CONSENT_LIFETIME_SECONDS, Purpose
from edgeagent.messages import ReportTask, SegmentLabel
from edgeagent.messages.fields import SchemeName
from edgeagent.messages.manifest import LiftedWord
from edgeagent.messages.task_labels import plain_label, zone_name
from edgeagent.notices import Notice, notice_digest
from edgeagent.notices.in_force import notice_in_force
from edgeagent.privacy.accounting import YEAR_WEEKS, epsilon
from edgeagent.privacy.declaration import DeclaredRequest
from edgeagent.privacy.inference import largest_posterior
from edgeagent.privacy.randomizers import randomizer_for
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.services.household.retention import UNMATCHED_DAYS, RetentionPeriod
from edgeagent.services.models.installation import Installation, category_labels
from edgeagent.services.reports.assessment import Assessment, Budget
from edgeagent.services.reports.limits import SEND_WINDOW_SECONDS, ReportRules
from edgeagent.services.reports.promises import Promise
from edgeagent.services.upkeep.settings_risk import Deviation

__all__ = ["Bound", "ImpactFacts", "NoticedPurpose", "SubsetOdds", "TaskInForce", "impact_facts"]

_YEARS = (1, 10)
"""A budget is set for a year; a box in a living room is replaced after some ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticedPurpose:
    """One purpose, in the words that a household is shown before it decides."""

    purpose: Purpose
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsetOdds:
    """How Subset Selection hides a category, as exact fractions."""

    named: int
    """d: how many categories a report names."""
    truth_is_named: str
    """p: the chance that the true one is among them."""
    other_is_named: str
    """q: the chance that any other one is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInForce:
    """The question that reports answer."""

    name: str
    mechanism: str
    scheme: SchemeName
    """What a category tells of a session."""
    zone: str | None
    """In which its part of the day is told; ``None`` where it tells none."""
    categories: int
    """S', "none" included."""
    odds: str
    """e^ε of one report, an exact fraction."""
    epsilon: float
    permitted: bool
    """Whether the settings let a report cost as much; if not, none is drawn."""
    subset: SubsetOdds | None
    """``None`` under discrete Laplace."""
    segments: tuple[SegmentLabel, ...]
    """All categories; the last is "none"."""
    counted_as_none: tuple[str, ...]
    """The segments whose sessions count as "none", since they are sensitive."""
    lifted_words: tuple[LiftedWord, ...]
    """Of the model: what its operator says is not sensitive, against the list of the exporter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The most that linked reports can tell, whatever their content and whatever was watched."""

    years: int | None
    """``None``: one report."""
    reports: int
    epsilon: float
    by_chance: float
    """Belief in one category before, if all are equally likely."""
    believed_at_most: float
    """Belief in it after, if the household is in the same category in every reporting week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactFacts:
    """Everything that the annex states."""

    version: str
    """Of this program."""
    at: str
    notice_version: str
    notice_sha256: str
    notice_language: str
    purposes: tuple[NoticedPurpose, ...]
    consent_lifetime_days: int
    retention: RetentionPeriod
    unmatched_days: int
    """Days for which a viewing waits whose title the catalogue does not know."""
    key_provider: str
    scorer: str
    teens_count_as_adults: bool
    server_url: str | None
    reports_enabled: bool
    pinned: bool
    """Whether reports go only to servers with a pinned key."""
    update_hours: int
    spacing_weeks: int
    send_window_days: int
    leaves: tuple[DeclaredRequest, ...]
    besides: tuple[str, ...]
    task: TaskInForce | None
    model_version: str | None
    odds_of_a_report: str
    """The largest e^ε of one report: of the task in force, or what the settings allow."""
    told_apart_at_most: float
    """The chance of telling which of two weeks a report is from; 0.5 is a guess."""
    bounds: tuple[Bound, ...]
    budget: Budget
    promises: tuple[Promise, ...]
    settings: tuple[Deviation, ...]
    riskier_than_default: bool


def impact_facts(
    assessment: Assessment,
    *,
    installation: Installation,
    config: Config,
    retention: RetentionPeriod,
) -> ImpactFacts:
    """Return the facts.

    Args:
        assessment: of this box; what can be concluded from its reports is left out.
        installation: the task and the model in force.
        config: the settings in force.
        retention: how long viewings are kept, as settings and household have it.

    Raises:
        InputError: there is no notice in the language of the settings.

    """
    rules, notice = ReportRules.of(config), notice_in_force(config)
    task = None if installation.task is None else _task(installation, installation.task, rules)
    odds = rules.limits.max_odds if task is None or not task.permitted else Fraction(task.odds)
    categories = len(assessment.conclusions.beliefs) if task is None else task.categories
    return ImpactFacts(
        version=__version__,
        at=assessment.at,
        notice_version=notice.version,
        notice_sha256=notice_digest(notice),
        notice_language=config.language,
        purposes=_purposes(notice),
        consent_lifetime_days=CONSENT_LIFETIME_SECONDS // DAY_SECONDS,
        retention=retention,
        unmatched_days=UNMATCHED_DAYS,
        key_provider=config.key_provider,
        scorer=config.scorer,
        teens_count_as_adults=config.teens_count_as_adults,
        server_url=config.server_url,
        reports_enabled=config.reports,
        pinned=bool(config.report_pins),
        update_hours=config.service.update_hours,
        spacing_weeks=rules.limits.spacing_weeks,
        send_window_days=SEND_WINDOW_SECONDS // DAY_SECONDS,
        leaves=assessment.leaves,
        besides=assessment.besides,
        task=task,
        model_version=None if installation.current is None else installation.current.model_version,
        odds_of_a_report=str(odds),
        told_apart_at_most=float(odds / (1 + odds)),
        bounds=_bounds(odds, categories=categories, spacing_weeks=rules.limits.spacing_weeks),
        budget=assessment.budget,
        promises=assessment.promises,
        settings=assessment.settings,
        riskier_than_default=assessment.riskier_than_default,
    )


def _purposes(notice: Notice) -> tuple[NoticedPurpose, ...]:
    return tuple(
        NoticedPurpose(purpose=purpose, title=text.title, text=text.text)
        for purpose in Purpose
        for text in [notice.purposes[purpose]]
    )


def _task(installation: Installation, task: ReportTask, rules: ReportRules) -> TaskInForce:
    mechanism = randomizer_for(task)
    current = installation.current
    is_installed = current is not None and current.model == task.segmenter.model
    labels = category_labels(installation, task=task.name, categories=task.categories)
    segments = (
        current.segments
        if current is not None and len(current.segments) == task.segments and is_installed
        else tuple(plain_label(f"segment {number}") for number in range(task.segments))
    )
    subset = None
    if isinstance(mechanism, SubsetSelection):
        subset = SubsetOdds(
            named=mechanism.weight,
            truth_is_named=str(mechanism.p),
            other_is_named=str(mechanism.q),
        )
    return TaskInForce(
        name=task.name,
        mechanism=task.mechanism,
        scheme=task.scheme,
        zone=None if task.by_group is UNSET else zone_name(task.by_group.utc_offset_minutes),
        categories=task.categories,
        odds=str(task.odds),
        epsilon=epsilon(task.odds),
        permitted=task.odds <= rules.limits.max_odds,
        subset=subset,
        segments=labels,
        counted_as_none=tuple(segments[segment].name for segment in task.sensitive),
        lifted_words=(current.lifted_words or ()) if is_installed and current else (),
    )


def _bounds(odds: Fraction, *, categories: int, spacing_weeks: int) -> tuple[Bound, ...]:
    """Return what one report can tell, and all of some years, if they can be linked.

    Pure ε-differential privacy composes by multiplying e^ε (see
    :mod:`edgeagent.privacy.accounting`).
    """
    by_chance = 1 / categories
    counts = [(None, 1), *((years, ceil(years * YEAR_WEEKS / spacing_weeks)) for years in _YEARS)]
    return tuple(
        Bound(
            years=years,
            reports=reports,
            epsilon=epsilon(odds**reports),
            by_chance=by_chance,
            believed_at_most=largest_posterior(by_chance, odds**reports),
        )
        for years, reports in counts
    )
