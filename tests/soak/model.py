"""What should have happened, kept apart from the code under test: it imports none of its rules.

Viewings and consents follow ``PlainBox``, which the attacks on a home are held to, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any, Literal

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS, week_start
from edgeagent.consent import Purpose
from tests.security.plain_box import PlainBox, Step, StepKind

__all__ = ["Expected", "WeekVerdict"]

SPACING_WEEKS = 13
YEAR_WEEKS = 52
MOST_ODDS_A_YEAR = 81
_CLOSED_WITHIN_SECONDS = 2 * DAY_SECONDS
"""After its end a week is closed, unless something hinders it: the service looks every six hours,
and an evening without power or room passes."""

WeekVerdict = Literal["drawn", "silent", "either"]


@dataclass
class Expected:
    """The household as it should be."""

    plain: PlainBox = field(default_factory=PlainBox)
    active: str = "main"
    names: list[str] = field(default_factory=lambda: ["main"])
    hindered_weeks: set[int] = field(default_factory=set)
    """In which the server or the disk failed, or the clock was wrong."""
    acknowledged: int = 0
    """Viewings that were stored, deleted ones included."""
    ignored: int = 0
    """Viewings of private sessions."""

    def after(self, kind: StepKind, *, at: int, **fields: Any) -> PlainBox:
        """Return what a step would make of the box, without taking it."""
        return self.plain.after(Step(kind=kind, at=at, **fields))

    def apply(self, kind: StepKind, *, at: int, **fields: Any) -> None:
        """Take a step."""
        self.plain = self.after(kind, at=at, **fields)
        if kind == "record":
            self.acknowledged += len(fields["watched"])

    def rename(self, name: str, new_name: str) -> None:
        """A profile has another name, and all that was its own goes with it."""

        def named(one: str) -> str:
            return new_name if one == name else one

        self.names = [named(one) for one in self.names]
        self.active = named(self.active)
        self.plain = replace(
            self.plain,
            watched=frozenset((named(who), at, title) for who, at, title in self.plain.watched),
            decisions=tuple(
                sorted(
                    (
                        (named(who), purpose, event, at)
                        for who, purpose, event, at in self.plain.decisions
                    ),
                    key=itemgetter(0),
                )
            ),
        )

    def week(self, week: int, *, now: int) -> WeekVerdict:
        """Say what has to become of a reporting week of the box."""
        start, end = week_start(week), week_start(week) + WEEK_SECONDS
        if not any(self._throughout(name, start, end) for name in self.names):
            return "silent" if now >= end else "either"
        closed = end + _CLOSED_WITHIN_SECONDS
        if now < closed or self.hindered_weeks & {week, week + 1}:
            return "either"
        takes_part = any(self._throughout(name, start, closed) for name in self.names)
        return "drawn" if takes_part else "either"

    def _throughout(self, profile: str, start: int, end: int) -> bool:
        """Say whether a profile took part from one moment to another."""
        return all(
            self._as_of(start).allows(purpose, profile=profile, at=start)
            and not self._decided(purpose, profile, start, end)
            for purpose in (Purpose.HISTORY, Purpose.REPORTING)
        )

    def _as_of(self, moment: int) -> PlainBox:
        decisions = tuple(one for one in self.plain.decisions if one[3] <= moment)
        return replace(self.plain, decisions=decisions)

    def _decided(self, purpose: Purpose, profile: str, start: int, end: int) -> bool:
        """Say whether a purpose was withdrawn between two moments."""
        return any(
            (who, what, event) == (profile, str(purpose), "withdrawn") and start <= at <= end
            for who, what, event, at in self.plain.decisions
        )
