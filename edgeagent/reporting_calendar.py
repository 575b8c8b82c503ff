"""On which weeks a box reports: every thirteenth of its own, once a new ledger's silence is over.

A box draws its phase when its ledger begins, so that in every week about a thirteenth of all boxes
reports, and none can choose when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from edgeagent.clock import week_of

__all__ = ["SPACING_WEEKS", "ReportingCalendar", "first_week_after_silence"]

SPACING_WEEKS = 13
"""From one reporting week of a box to the next: a quarter. A new ledger is silent for as long, so
that resetting a box gains no report, and a report that never arrived expires when the next one is
due."""


def first_week_after_silence(moment: int) -> int:
    """Return the first week after the 13 whole ones that follow the week of ``moment``."""
    return week_of(moment) + SPACING_WEEKS + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportingCalendar:
    """The reporting weeks of one box; weeks are numbered as in :mod:`edgeagent.clock`."""

    phase: int
    """0-12: the box reports on weeks w with w ≡ phase (mod 13)."""
    first_week: int
    """The first after the silence of its ledger; mostly not a week of its phase."""

    def next(self, week: int, *, closed: Collection[int] = ()) -> int:
        """Return the first reporting week from ``week`` on that is neither silent nor closed."""
        earliest = max(week, self.first_week)
        found = earliest + (self.phase - earliest) % SPACING_WEEKS
        while found in closed:
            found += SPACING_WEEKS
        return found

    def latest_ended(self, now: int) -> int:
        """Return the latest week of its phase that has ended by ``now``, seconds UTC."""
        last_ended = week_of(now) - 1
        return last_ended - (last_ended - self.phase) % SPACING_WEEKS

    def unclosed_before(self, week: int, *, closed: Collection[int]) -> Iterator[int]:
        """Go back through the reporting weeks before one, to the silence or to one that is closed.

        Args:
            week: a reporting week.
            closed: weeks that were drawn or missed.

        """
        week -= SPACING_WEEKS
        while week >= self.first_week and week not in closed:
            yield week
            week -= SPACING_WEEKS
