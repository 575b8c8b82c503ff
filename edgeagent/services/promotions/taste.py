"""The taste that a choice may use: segments of the last picks, where both consents hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeagent.consent import Grant, Purpose
from edgeagent.messages import Picks, SegmentLabel
from edgeagent.messages.creatives import CreativeCatalogue, Suits
from edgeagent.promotion.targets import aims, usable_target
from edgeagent.ranking.heaviest import heaviest
from edgeagent.services.context import BoxContext
from edgeagent.services.models.installation import InstallationStore

__all__ = ["MatchedSegment", "Taste", "read_taste"]

_MOST_TITLES = 3
"""A sentence with more is too long to read."""
_LEAST_PROBABILITY = 0.05
"""A segment below that is no reason worth naming."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedSegment:
    """A segment that a creative suits, and how much of the taste lies in it."""

    number: int
    label: SegmentLabel
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Taste:
    """How the box sees a profile, from its last picks."""

    labels: Sequence[SegmentLabel]
    picks: Picks
    knows_numbers: bool
    """Whether the catalogue's segment numbers are those of the model behind the picks."""

    @property
    def probabilities(self) -> tuple[float, ...]:
        """Of each segment; together 1."""
        return self.picks.segment_probabilities

    def target(self, suits: Suits) -> frozenset[int]:
        """Return the segments that a creative suits, if it may be aimed at them."""
        if suits.segments and not self.knows_numbers:
            return frozenset()
        return usable_target(suits, self.labels)

    def matched(self, suits: Suits) -> tuple[MatchedSegment, ...]:
        """Return the segments that speak for a creative, largest first."""
        found = sorted(self.target(suits), key=lambda number: -self.probabilities[number])
        return tuple(
            MatchedSegment(
                number=number, label=self.labels[number], probability=self.probabilities[number]
            )
            for number in found
            if aims(suits) and self.probabilities[number] >= _LEAST_PROBABILITY
        )

    def titles(self) -> tuple[str, ...]:
        """Return the watched titles that shaped the picks most."""
        parts = (reason for pick in self.picks.picks for reason in pick.reasons)
        return tuple(reason.title for reason in heaviest(parts, most=_MOST_TITLES))


def read_taste(
    box: BoxContext, installations: InstallationStore, grant: Grant, catalogue: CreativeCatalogue
) -> Taste | None:
    """Return the taste of the profile of a grant; ``None`` if none is known or may be used.

    Args:
        box: its history has the last picks, its gate knows whether they may be used.
        installations: the model whose segments they are of.
        grant: of ``promotion``; ``personalization`` is asked for here.
        catalogue: whose targets are to be compared with it.

    """
    history = box.home.history
    if not box.gate.holds(Purpose.PERSONALIZATION, profile=grant.profile):
        return None
    if history.holds_expired(grant.profile):
        return None  # the picks may rest on viewings past their retention
    saved, current = history.last_picks(grant.profile), installations.load().current
    if saved is None or current is None:
        return None
    if len(saved.picks.segment_probabilities) != len(current.segments):
        return None  # picks by popularity, or of another model
    return Taste(
        labels=current.segments,
        picks=saved.picks,
        knows_numbers=catalogue.space_id == current.space_id,
    )
