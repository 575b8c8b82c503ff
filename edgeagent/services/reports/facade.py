"""Reporting: everything a box does about reports, as ``agent.reporting``.

Each part is imported on first use, to keep the idle service small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from edgeagent.clock import week_of
from edgeagent.config import Config
from edgeagent.randomness import RandomSource
from edgeagent.services.context import BoxContext
from edgeagent.services.household.retention import Retention
from edgeagent.services.models.installation import InstallationStore
from edgeagent.services.reports.limits import ReportRules
from edgeagent.services.timekeeping.counting_frame import Frame
from edgeagent.services.upkeep.count_health import CountHealthStore
from edgeagent.store import Disclosure

if TYPE_CHECKING:
    from edgeagent.messages.fields import Obstacle
    from edgeagent.network.transport import Transport
    from edgeagent.scoring.protocol import Scorer
    from edgeagent.services.reports.assessment import Assessment
    from edgeagent.services.reports.budget import Balance
    from edgeagent.services.reports.close_week import Reporter
    from edgeagent.services.reports.count_week import WeekCounter
    from edgeagent.services.reports.disclosure_log import DisclosureExport, Verification
    from edgeagent.services.reports.impact_facts import ImpactFacts
    from edgeagent.services.reports.open_week import OpenWeek, WeekClosing
    from edgeagent.services.reports.preview import Preview
    from edgeagent.services.reports.quarterly_summary import Quarter
    from edgeagent.services.reports.uploader import Sending

__all__ = ["Reporting", "Tools"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The dependencies of reporting besides the home."""

    random: RandomSource
    scorer: Callable[[], Scorer]
    transport: Callable[[], Transport]
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

    def close_week(self) -> WeekClosing:
        """Draw and book the report of the latest ended reporting week, if it is due."""
        return self._reporter().close_week(self._tools.frame)

    def open_week(self) -> OpenWeek | WeekClosing:
        """Begin to close a week: the caller counts, and books ``COUNT_SECONDS`` later."""
        return self._reporter().open_week()

    def obstacle(self, week: int) -> tuple[Obstacle, str] | None:
        """Return what prevents a report on a present or future week; does not read the history."""
        from edgeagent.services.reports.preconditions import (  # noqa: PLC0415  (lazy, see module)
            ReportConditions,
        )

        conditions = ReportConditions(
            box=self._box,
            installations=self._installations,
            rules=ReportRules.of(self._config),
        )
        return conditions.obstacle(week)

    def send(self) -> tuple[Sending, ...]:
        """Send the reports that are due and return the outcome of each."""
        from edgeagent.services.reports.uploader import Uploader  # noqa: PLC0415  (lazy, see module)

        uploader = Uploader(
            self._box.home.ledger,
            gate=self._box.gate,
            transport=self._tools.transport(),
            clock=self._box.clock,
            random=self._tools.random,
            rules=ReportRules.of(self._config),
        )
        return uploader.send_reports()

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

    def verify_disclosures(self) -> Verification:
        """Compare ledger, disclosures and budget with each other and with the anchor.

        Raises:
            Damaged: the chain verifies, but a page that the budget is computed from cannot be read.

        """
        from edgeagent.services.reports.disclosure_log import verify  # noqa: PLC0415  (lazy, see module)

        found = verify(self._box.home.ledger)
        if found.ok:
            self.balance()
        return found

    def export_disclosures(self) -> DisclosureExport:
        """Return the disclosure log in a form that others can verify."""
        from edgeagent.services.reports.disclosure_log import export  # noqa: PLC0415  (lazy, see module)

        return export(self._box.home.ledger, now=self._box.clock.now())

    def balance(self) -> Balance:
        """Return what reports have cost so far, and until when a new ledger is silent."""
        from edgeagent.services.reports.budget import balance  # noqa: PLC0415  (lazy, see module)

        return balance(self._box.home.ledger, clock=self._box.clock)

    def preview(self) -> Preview:
        """Return what a report on the last week would look like, with noise that is never sent."""
        from edgeagent.services.reports.preview import Previewer  # noqa: PLC0415  (lazy, see module)

        return Previewer(self._counter(), random=self._tools.random).preview()

    def assess(
        self, prior: Sequence[Fraction] | None = None, *, settings: Config | None = None
    ) -> Assessment:
        """Assess what leaves this household and what can be concluded from it.

        Args:
            prior: the population's share of each category; uniform unless given.
            settings: assess these instead of the settings in force.

        """
        from edgeagent.services.reports.assessment import assess  # noqa: PLC0415  (lazy, see module)

        return assess(
            self._box,
            installations=self._installations,
            config=settings or self._config,
            prior=prior,
        )

    def impact(self) -> ImpactFacts:
        """Return what is in force, for an annex to a data protection impact assessment.

        Raises:
            LedgerBroken: what was spent cannot be trusted.

        """
        from edgeagent.services.reports.impact_facts import (  # noqa: PLC0415  (lazy, see module)
            impact_facts,
        )

        return impact_facts(
            self.assess(),
            installation=self._installations.load(),
            config=self._config,
            retention=self._retention.kept(),
        )

    def quarter(self) -> Quarter:
        """Return what was kept, used, sent and spent in the last 13 weeks."""
        from edgeagent.services.reports.quarterly_summary import quarter  # noqa: PLC0415  (lazy, see module)

        return quarter(
            self._box,
            installations=self._installations,
            kept_days=self._retention.kept().days,
        )

    def _reporter(self) -> Reporter:
        from edgeagent.services.reports.close_week import Reporter  # noqa: PLC0415  (lazy, see module)

        rules = ReportRules.of(self._config)
        return Reporter(
            self._counter(), random=self._tools.random, rules=rules, retention=self._retention
        )

    def _counter(self) -> WeekCounter:
        from edgeagent.services.reports.count_week import WeekCounter  # noqa: PLC0415  (lazy, see module)

        return WeekCounter(
            box=self._box, installations=self._installations, scorer=self._tools.scorer()
        )
