"""Terms: what a household is asked to allow, in values that can be compared.

They are made of compiled limits and settings, never of what a server asks for: a task can be
tighter than the terms and never changes them, so that no server can have households asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Literal

from msgspec import Meta

from edgeagent.messages.codec import KeptMessage
from edgeagent.messages.fields import MAX_RETENTION_DAYS, Purpose, ShortText

__all__ = ["TermChange", "TermName", "Terms", "changes"]

TermName = Literal[
    "meanings",
    "mechanisms",
    "odds",
    "recipients",
    "retention_days",
    "schemes",
    "spacing_weeks",
]


class Terms(KeptMessage, frozen=True, kw_only=True):
    """The most that a household allows; a consent record holds those that it was given under.

    Names are any text here: firmware that was rolled back still reads what a later one added.
    """

    meanings: dict[str, int]
    """A number for each purpose, raised when its text allows more than these values say."""
    mechanisms: tuple[ShortText, ...]
    """How noise may be added."""
    odds: Annotated[str, Meta(pattern=r"^[0-9]{1,4}(/[0-9]{1,4})?\Z")]
    """The largest e^ε of a report, an exact fraction."""
    recipients: tuple[ShortText, ...]
    """Hosts that reports may go to."""
    retention_days: Annotated[int, Meta(ge=1, le=MAX_RETENTION_DAYS)]
    """For how long a viewing is kept at most."""
    schemes: tuple[ShortText, ...]
    """What a report may tell of a session."""
    spacing_weeks: Annotated[int, Meta(ge=1)]
    """Fewest weeks from one report to the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermChange:
    """One term that is not what it was when a household consented."""

    term: TermName
    before: str
    now: str
    worse: bool
    """It allows something that was not allowed before, so that the household is asked again."""


def changes(purpose: Purpose, before: Terms, now: Terms) -> tuple[TermChange, ...]:
    """Return what has changed of the terms that concern a purpose, what is worse first.

    Names may stand in any order.
    """
    found = [
        TermChange(term=term, before=_text(old), now=_text(new), worse=_WORSE[term](old, new))
        for term in _CONCERNED[purpose]
        for old, new in [(_value(term, before, purpose), _value(term, now, purpose))]
        if old != new
    ]
    return tuple(sorted(found, key=lambda change: not change.worse))


_CONCERNED: Mapping[Purpose, tuple[TermName, ...]] = {
    Purpose.HISTORY: ("meanings", "retention_days"),
    Purpose.PERSONALIZATION: ("meanings",),
    Purpose.REPORTING: (
        "meanings",
        "recipients",
        "schemes",
        "mechanisms",
        "odds",
        "spacing_weeks",
    ),
    Purpose.PROMOTION: ("meanings",),
}
_FIRST_MEANING = 1


def _grown(before: Any, now: Any) -> bool:  # noqa: ANN401  (two values of one term)
    return bool(now > before)


def _shrunk(before: int, now: int) -> bool:
    return now < before


def _added(before: frozenset[str], now: frozenset[str]) -> bool:
    return not now <= before


_WORSE: Mapping[TermName, Callable[[Any, Any], bool]] = {
    "meanings": _grown,
    "mechanisms": _added,
    "odds": _grown,
    "recipients": _added,
    "retention_days": _grown,
    "schemes": _added,
    "spacing_weeks": _shrunk,
}


def _value(term: TermName, terms: Terms, purpose: Purpose) -> Fraction | int | frozenset[str]:
    match getattr(terms, term):
        case dict() as meanings:
            return int(meanings.get(purpose, _FIRST_MEANING))
        case str() as odds:
            return Fraction(odds)
        case tuple() as names:
            return frozenset(names)
        case number:
            return int(number)


def _text(value: Fraction | int | frozenset[str]) -> str:
    return ", ".join(sorted(value)) if isinstance(value, frozenset) else str(value)
