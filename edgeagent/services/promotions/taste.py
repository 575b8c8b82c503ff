"""What a choice leans to: a taste where both consents hold, else what is on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from edgeagent.consent import Grant, Purpose
from edgeagent.errors import ModelRefused, NoModel
from edgeagent.messages import Picks, SegmentLabel
from edgeagent.messages.creatives import Creative, CreativeCatalogue
from edgeagent.promotion.context import OnScreen, context_probabilities
from edgeagent.promotion.targets import aims, suited, taste_factor, usable_target
from edgeagent.promotion.variants import is_variant
from edgeagent.ranking.heaviest import heaviest
from edgeagent.services.context import BoxContext
from edgeagent.services.models.installation import InstallationStore
from edgeagent.services.models.title_index import TitleIndex

__all__ = ["Leaning", "MatchedSegment", "Taste", "read_context", "read_taste"]

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
class Leaning:
    """Towards which segments a choice leans."""

    by: Literal["taste", "context"]
    labels: Sequence[SegmentLabel]
    probabilities: tuple[float, ...]
    """Of each segment; together 1."""
    knows_numbers: bool
    """Whether the catalogue's segment numbers are those of ``labels``."""

    def target(self, creative: Creative) -> frozenset[int]:
        """Return the segments that a creative suits, if it may be aimed at them."""
        suits = creative.suits
        if suits.segments and not self.knows_numbers:
            return frozenset()
        return (suited if is_variant(creative) else usable_target)(suits, self.labels)

    def factor(self, creative: Creative) -> float:
        """Return the factor of a creative's weight; 1 where it suits everybody."""
        if is_variant(creative) or not aims(creative.suits):
            return 1.0
        return taste_factor(self.target(creative), self.probabilities)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taste(Leaning):
    """How the box sees a profile, from its last picks."""

    picks: Picks

    def matched(self, creative: Creative) -> tuple[MatchedSegment, ...]:
        """Return the segments that speak for a creative, largest first."""
        found = sorted(self.target(creative), key=lambda number: -self.probabilities[number])
        return tuple(
            MatchedSegment(
                number=number, label=self.labels[number], probability=self.probabilities[number]
            )
            for number in found
            if aims(creative.suits) and self.probabilities[number] >= _LEAST_PROBABILITY
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
        by="taste",
        labels=current.segments,
        probabilities=saved.picks.segment_probabilities,
        picks=saved.picks,
        knows_numbers=catalogue.space_id == current.space_id,
    )


def read_context(
    on_screen: OnScreen,
    installations: InstallationStore,
    titles: TitleIndex,
    catalogue: CreativeCatalogue,
) -> Leaning | None:
    """Return what fits the screen; ``None`` where nothing is known of what is on.

    Nothing of a household is read: the answer is the same on every box with this model.
    """
    genres = [] if on_screen.genre is None else [on_screen.genre]
    if on_screen.entity_id is not None:
        with suppress(NoModel, ModelRefused):  # without a catalogue of titles nothing is known
            title = titles.find(on_screen.entity_id)
            genres += () if title is None else title.genres
    current = installations.load().current
    labels = () if current is None else current.segments
    probabilities = context_probabilities(genres, labels)
    if current is None or probabilities is None:
        return None
    return Leaning(
        by="context",
        labels=labels,
        probabilities=probabilities,
        knows_numbers=catalogue.space_id == current.space_id,
    )
