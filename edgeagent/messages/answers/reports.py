"""Answers about reports: those sent, the next one, the budget, and a sample."""

from __future__ import annotations

from typing import Literal

from msgspec import field

from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import Daypart, FigureName, Obstacle, Outcome, TaskName
from edgeagent.messages.manifest import SegmentLabel

__all__ = [
    "BalanceShape",
    "CategoryShape",
    "DisclosureShape",
    "FigureChangeShape",
    "NamedTaskShape",
    "NextReportShape",
    "PreviewShape",
    "PreviewedReportShape",
    "QuarterShape",
    "QuarterSpentShape",
    "SentReportShape",
    "StoredProfileShape",
    "UsedProfileShape",
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


class CategoryShape(Shape, frozen=True, kw_only=True):
    """One category of a report task."""

    name: str
    """In English words."""
    segments: tuple[SegmentLabel, ...]
    """The segments whose sessions count as it; empty for "none", which is the last category, and
    for a group without segments."""
    daypart: Daypart | None
    """In which part of the day they began; null: at any time."""
    is_counted: bool
    """False: no session counts as it, so that what a report says of it is noise alone."""


class NamedTaskShape(Shape, frozen=True, kw_only=True):
    """A report task and what its categories mean; the publisher's, and the same on every box."""

    task: TaskName
    """Its name, as reports carry it."""
    categories: tuple[CategoryShape, ...]
    """In the order of a report's counts."""


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


class StoredProfileShape(Shape, frozen=True, kw_only=True):
    """What is stored, encrypted, of one profile."""

    profile: str
    """Its name."""
    viewings: int
    """How many are kept."""
    allowed: bool
    """Whether keeping them is granted now."""


class UsedProfileShape(Shape, frozen=True, kw_only=True):
    """What a profile's viewings are used for in the box, as granted now."""

    profile: str
    """Its name."""
    recommendations: bool
    """To rank titles."""
    promotions: bool
    """To choose promotions."""
    reports: bool
    """To be counted, with noise."""
    last_picks_at: str | None
    """When titles were last ranked, ISO 8601."""


class SentReportShape(Shape, frozen=True, kw_only=True):
    """One report drawn in these 13 weeks."""

    report_id: str
    """Its random id."""
    week: int
    """The week it covers, counted from 1970."""
    drawn_at: str
    """When it was drawn, ISO 8601."""
    recipient: str
    """The server it is for."""
    outcome: str
    """What became of it; ``waiting`` until then."""
    settled_at: str | None
    """When it was answered or called off, ISO 8601."""
    body_bytes: int
    """Its length."""
    epsilon: float
    """Its privacy cost, ε."""
    meaning: str
    """What a reader can conclude from it, in words."""


class QuarterSpentShape(Shape, frozen=True, kw_only=True):
    """The privacy budget."""

    epsilon_quarter: float
    """Spent in these 13 weeks."""
    epsilon_last_52_weeks: float = field(name="epsilonLast52Weeks")
    """Spent in 52 weeks."""
    epsilon_limit_52_weeks: float = field(name="epsilonLimit52Weeks")
    """The limit for 52 weeks."""


class FigureChangeShape(Shape, frozen=True, kw_only=True):
    """A figure that is not as in the quarter before."""

    figure: FigureName
    """Which one."""
    before: float
    """At the end of the quarter before."""
    now: float
    """At the end of the last quarter."""


class QuarterShape(Shape, frozen=True, kw_only=True):
    """What was kept, used, sent and spent in the 13 weeks up to now, and what a quarter changed."""

    since: str
    """Begin of the 13 weeks, ISO 8601."""
    until: str
    """Now, ISO 8601."""
    retention_days: int
    """For how many days viewings are kept."""
    kept: tuple[StoredProfileShape, ...]
    """One for each profile."""
    used: tuple[UsedProfileShape, ...]
    """One for each profile."""
    sent: tuple[SentReportShape, ...]
    """Reports, oldest first."""
    missed_weeks: tuple[int, ...]
    """Reporting weeks that were let pass."""
    spent: QuarterSpentShape
    """The privacy budget."""
    updated_at: str | None
    """When models were last fetched, ISO 8601."""
    ended_quarter: int | None
    """The last quarter with a page, counted from January 1970; null before the first, and after a
    deletion, which deletes the figures."""
    is_compared: bool
    """Whether there are figures of the quarter before it."""
    changes: tuple[FigureChangeShape, ...]
    """What is not as in the quarter before."""
