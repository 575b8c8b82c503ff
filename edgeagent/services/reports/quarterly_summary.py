"""A summary of the last quarter: what was stored, used, sent and spent."""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.clock import WEEK_SECONDS, iso_utc, week_of
from edgeagent.consent import Purpose
from edgeagent.privacy.accounting import MAX_ODDS_PER_YEAR, epsilon, spent
from edgeagent.reporting_calendar import SPACING_WEEKS
from edgeagent.services.consent_gate import ConsentGate
from edgeagent.services.context import BoxContext
from edgeagent.services.models.installation import InstallationStore
from edgeagent.services.reports.quarter_pages import FigureChange, QuarterEnd, QuarterPages
from edgeagent.store import Disclosure, Home

__all__ = ["Quarter", "Sent", "Spent", "StoredProfile", "Used", "quarter", "quarter_end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProfile:
    """What is stored, encrypted, of one profile."""

    profile: str
    viewings: int
    allowed: bool
    """Whether storing viewings is granted now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a profile's viewings are used for in the box."""

    profile: str
    recommendations: bool
    promotions: bool
    reports: bool
    last_picks_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One report drawn in the quarter."""

    report_id: str
    week: int
    drawn_at: str
    recipient: str
    outcome: str
    settled_at: str | None
    body_bytes: int
    epsilon: float
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """The privacy budget."""

    epsilon_quarter: float
    epsilon_last_52_weeks: float
    epsilon_limit_52_weeks: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """The whole summary."""

    since: str
    until: str
    retention_days: int
    kept: tuple[StoredProfile, ...]
    used: tuple[Used, ...]
    sent: tuple[Sent, ...]
    missed_weeks: tuple[int, ...]
    spent: Spent
    updated_at: str | None
    """When models were last fetched: plain downloads, without identity."""
    ended_quarter: int | None
    """The last quarter that has a page, counted from January 1970; ``None``: no quarter has ended
    since counting began, or something was deleted since."""
    is_compared: bool
    """Whether there are figures of the quarter before it, too."""
    changes: tuple[FigureChange, ...]
    """What was not as in the quarter before."""


def quarter(
    box: BoxContext,
    *,
    installations: InstallationStore,
    kept_days: int,
    pages: QuarterPages,
) -> Quarter:
    """Return the summary of the 13 weeks up to now.

    Args:
        box: its ledger, history and grants are read.
        installations: tell when models were last fetched.
        kept_days: the retention period in force.
        pages: keep the figures of the last quarters.

    Raises:
        StorageError: ledger or history cannot be read.

    """
    home, gate = box.home, box.gate
    ledger, now = home.ledger, box.clock.now()
    ledger.check()
    since = now - SPACING_WEEKS * WEEK_SECONDS
    profiles = tuple(profile.name for profile in home.history.profiles())
    checked_at = installations.load().checked_at
    debits, this_week = ledger.debits(), week_of(now)
    last = pages.latest()
    return Quarter(
        since=iso_utc(since),
        until=iso_utc(now),
        retention_days=kept_days,
        kept=tuple(
            StoredProfile(
                profile=profile,
                viewings=home.history.count(profile),
                allowed=gate.holds(Purpose.HISTORY, profile=profile),
            )
            for profile in profiles
        ),
        used=tuple(_used(home, gate, profile) for profile in profiles),
        sent=tuple(_sent(item) for item in ledger.disclosures() if item.drawn_at >= since),
        missed_weeks=tuple(
            entry.week
            for entry in ledger.entries()
            if entry.entry == "missed" and entry.entered_at >= since
        ),
        spent=Spent(
            epsilon_quarter=epsilon(spent(debits, last_week=this_week, weeks=SPACING_WEEKS)),
            epsilon_last_52_weeks=epsilon(spent(debits, last_week=this_week)),
            epsilon_limit_52_weeks=epsilon(MAX_ODDS_PER_YEAR),
        ),
        updated_at=None if checked_at is None else iso_utc(checked_at),
        ended_quarter=None if last is None else last.quarter,
        is_compared=pages.has_two(),
        changes=pages.changes(),
    )


def quarter_end(summary: Quarter, *, number: int) -> QuarterEnd:
    """Return the figures of a summary that are kept for the next quarter."""
    used = summary.used
    return QuarterEnd(
        quarter=number,
        viewings=sum(kept.viewings for kept in summary.kept),
        profiles=len(summary.kept),
        allowed=sum(kept.allowed for kept in summary.kept)
        + sum(each.recommendations + each.promotions + each.reports for each in used),
        retention_days=summary.retention_days,
        reports=len(summary.sent),
        epsilon=summary.spent.epsilon_last_52_weeks,
    )


def _used(home: Home, gate: ConsentGate, profile: str) -> Used:
    saved = home.history.last_picks(profile)
    return Used(
        profile=profile,
        recommendations=gate.holds(Purpose.PERSONALIZATION, profile=profile),
        promotions=gate.holds(Purpose.PROMOTION, profile=profile),
        reports=gate.holds(Purpose.REPORTING, profile=profile),
        last_picks_at=None if saved is None else iso_utc(saved.made_at),
    )


def _sent(item: Disclosure) -> Sent:
    return Sent(
        report_id=item.report_id,
        week=item.week,
        drawn_at=iso_utc(item.drawn_at),
        recipient=item.recipient,
        outcome=item.outcome or "waiting",
        settled_at=None if item.settled_at is None else iso_utc(item.settled_at),
        body_bytes=len(item.body),
        epsilon=epsilon(item.odds),
        meaning=item.meaning,
    )
