"""Reporting: everything a box does about reports, as ``agent.reports``.

Each part is imported on first use, to keep the idle service small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from edgeagent.clock import week_of
from edgeagent.config import Config
from edgeagent.lazy_modules import on_use
from edgeagent.messages.fields import Obstacle, TaskName, WeekNumber
from edgeagent.randomness import RandomSource
from edgeagent.scoring.protocol import Scorer
from edgeagent.services.context import BoxContext
from edgeagent.services.household.retention import Retention
from edgeagent.services.models.installation import InstallationStore
from edgeagent.services.reports.limits import ReportRules
from edgeagent.services.timekeeping.counting_frame import Frame
from edgeagent.services.upkeep.count_health import CountHealthStore
from edgeagent.store import Disclosure

if not TYPE_CHECKING:  # read by linters, which follow both ways, as imports; see the module
    assessment = on_use("edgeagent.services.reports.assessment")
    budget = on_use("edgeagent.services.reports.budget")
    closing = on_use("edgeagent.services.reports.close_week")
    counting = on_use("edgeagent.services.reports.count_week")
    disclosure_log = on_use("edgeagent.services.reports.disclosure_log")
    impact_facts = on_use("edgeagent.services.reports.impact_facts")
    named_tasks = on_use("edgeagent.services.reports.named_tasks")
    opening = on_use("edgeagent.services.reports.open_week")
    preconditions = on_use("edgeagent.services.reports.preconditions")
    previewing = on_use("edgeagent.services.reports.preview")
    pages = on_use("edgeagent.services.reports.quarter_pages")
    quarterly_summary = on_use("edgeagent.services.reports.quarterly_summary")
    uploader = on_use("edgeagent.services.reports.uploader")
    carrying = on_use("edgeagent.network.transport")
else:
    from edgeagent.network import transport as carrying
    from edgeagent.services.reports import (
        assessment,
        budget,
        disclosure_log,
        impact_facts,
        named_tasks,
        preconditions,
        quarterly_summary,
        uploader,
    )
    from edgeagent.services.reports import (
        close_week as closing,
    )
    from edgeagent.services.reports import (
        count_week as counting,
    )
    from edgeagent.services.reports import (
        open_week as opening,
    )
    from edgeagent.services.reports import (
        preview as previewing,
    )
    from edgeagent.services.reports import (
        quarter_pages as pages,
    )

__all__ = ["Reporting", "Tools"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The dependencies of reporting besides the home."""

    random: RandomSource
    scorer: Callable[[], Scorer]
    transport: Callable[[], carrying.Transport]
    frame: Frame


class Reporting:
    """Draws, sends, lists and assesses the reports of one box."""

    def __init__(
        self,
        box: BoxContext,
        *,
        installations: InstallationStore,
        config: Config,
        retention: Retention,
        tools: Tools,
    ) -> None:
        """Report from the history of ``box`` under the rules of ``config``."""
        self._box = box
        self._installations = installations
        self._config = config
        self._retention = retention
        self._tools = tools

    def close_week(self) -> opening.WeekClosing:
        """Draw and book the report of the latest ended reporting week, if it is due."""
        return self._reporter().close_week(self._tools.frame)

    def open_week(self) -> opening.OpenWeek | opening.WeekClosing:
        """Begin to close a week: the caller counts, and books ``COUNT_SECONDS`` later."""
        return self._reporter().open_week()

    def obstacle(self, week: WeekNumber) -> tuple[Obstacle, str] | None:
        """Return what prevents a report on a present or future week; does not read the history."""
        conditions = preconditions.ReportConditions(
            box=self._box,
            installations=self._installations,
            rules=ReportRules.of(self._config),
        )
        return conditions.obstacle(week)

    def send(self) -> tuple[uploader.Sending, ...]:
        """Send the reports that are due and return the outcome of each."""
        sender = uploader.Uploader(
            self._box,
            installations=self._installations,
            transport=self._tools.transport(),
            random=self._tools.random,
            rules=ReportRules.of(self._config),
        )
        return sender.send_reports()

    def disclosures(self) -> tuple[Disclosure, ...]:
        """Return every report ever drawn, byte for byte, oldest first."""
        self._box.home.ledger.check()
        return self._box.home.ledger.disclosures()

    def called_off(self) -> frozenset[str]:
        """Return the ids of the reports that a deletion or a withdrawal cancelled."""
        reports = self._box.home.ledger.disclosures()
        return frozenset(one.report_id for one in reports if one.outcome == "withdrawn")

    def waiting(self) -> int:
        """Return how many reports wait to be sent."""
        return len(self._box.home.ledger.outbox())

    def next_attempt_at(self) -> int | None:
        """Return when the next send is due, seconds UTC; ``None``: no report waits."""
        outbox = self._box.home.ledger.outbox()
        return min((entry.next_attempt_at for entry in outbox), default=None)

    def next_week(self) -> int:
        """Return the present reporting week, or the next one.

        Raises:
            LedgerBroken: the calendar in the ledger cannot be trusted.

        """
        ledger, now = self._box.home.ledger, self._box.clock.now()
        ledger.check()
        # Skip closed weeks: an imported ledger may hold weeks ahead of a clock that was set back.
        return ledger.calendar(now=now).next(week_of(now), closed=ledger.closed_weeks())

    def failed_counts(self) -> int:
        """Return how many reporting weeks in a row failed to count and were sent as "none"."""
        return CountHealthStore(self._box.home.ledger).load().failed

    def named_task(self, name: TaskName | None = None) -> named_tasks.NamedTask | None:
        """Return what the categories of a task are called; of the present one unless named.

        ``None``: there is no such task any more, or none yet, or its model is not known.
        """
        return named_tasks.NamedTasks(self._box.home.ledger, self._installations).find(name)

    def verify_disclosures(self) -> disclosure_log.Verification:
        """Compare ledger, disclosures and budget with each other and with the anchor.

        Raises:
            Damaged: the chain verifies, but a page that the budget is computed from cannot be read.

        """
        found = disclosure_log.verify(self._box.home.ledger)
        if found.ok:
            self.balance()
        return found

    def export_disclosures(self) -> disclosure_log.DisclosureExport:
        """Return the disclosure log in a form that others can verify."""
        return disclosure_log.export(self._box.home.ledger, now=self._box.clock.now())

    def balance(self) -> budget.Balance:
        """Return what reports have cost so far, and until when a new ledger is silent."""
        return budget.balance(self._box.home.ledger, clock=self._box.clock)

    def preview(self) -> previewing.Preview:
        """Return what a report on the last week would look like, with noise that is never sent."""
        return previewing.Previewer(self._counter(), random=self._tools.random).preview()

    def assess(
        self, prior: Sequence[Fraction] | None = None, *, settings: Config | None = None
    ) -> assessment.Assessment:
        """Assess what leaves this household and what can be concluded from it.

        Args:
            prior: the population's share of each category; uniform unless given.
            settings: assess these instead of the settings in force.

        """
        return assessment.assess(
            self._box,
            installations=self._installations,
            config=settings or self._config,
            prior=prior,
        )

    def impact(self) -> impact_facts.ImpactFacts:
        """Return what is in force, for an annex to a data protection impact assessment.

        Raises:
            LedgerBroken: what was spent cannot be trusted.

        """
        return impact_facts.impact_facts(
            self.assess(),
            installation=self._installations.load(),
            config=self._config,
            retention=self._retention.kept(),
        )

    def quarter(self) -> quarterly_summary.Quarter:
        """Return what was kept, used, sent and spent in the last 13 weeks."""
        return quarterly_summary.quarter(
            self._box,
            installations=self._installations,
            kept_days=self._retention.kept().days,
            pages=self.quarter_pages,
        )

    def turn_quarter(self) -> bool:
        """Make the page of a quarter that has ended; return whether there is a new one now.

        Nothing is written during a private session.
        """
        if self._box.private.ends_at() is not None or not self.quarter_pages.has_ended():
            return False
        ended = self.quarter_pages.ended_quarter()
        self.quarter_pages.turn(quarterly_summary.quarter_end(self.quarter(), number=ended))
        return True

    @cached_property
    def quarter_pages(self) -> pages.QuarterPages:
        """The figures of the last quarters."""
        return pages.QuarterPages(self._box.home.ledger, clock=self._box.clock)

    def _reporter(self) -> closing.Reporter:
        rules = ReportRules.of(self._config)
        return closing.Reporter(
            self._counter(), random=self._tools.random, rules=rules, retention=self._retention
        )

    def _counter(self) -> counting.WeekCounter:
        return counting.WeekCounter(
            box=self._box, installations=self._installations, scorer=self._tools.scorer()
        )
