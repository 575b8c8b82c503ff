"""The list of a week, chosen from a ranking: a few titles with something in common.

The theme is what the profile's largest segment is about, as far as all titles of the list share it:
kind and genres, which a catalogue says of each title. A segment that tells of a sensitive topic
names no list, for a list is read by everybody in the room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from edgeagent.messages import Pick, Picks, SegmentLabel
from edgeagent.messages.week_list import WeekList, WeekTheme
from edgeagent.ranking.heaviest import heaviest

__all__ = ["MOST_TITLES", "choose_week"]

MOST_TITLES = 7
"""One for each evening."""
_FEWEST_TITLES = 3
"""Fewer have no theme in common that is worth a name."""
_NAMED_REASONS = 2


def choose_week(
    ranking: Picks, labels: Sequence[SegmentLabel], *, but_segment: int | None
) -> WeekList | None:
    """Return the list of a week; ``None`` where there is nothing to base one on.

    Args:
        ranking: of a whole profile, long enough to choose from.
        labels: of the segments of its mix.
        but_segment: of the week before, which gives the theme only if no other can.

    """
    if ranking.ranked_by != "model" or len(labels) != len(ranking.segment_probabilities):
        return None
    for segment in _by_size(ranking, but_segment):
        theme = _theme(labels[segment])
        found = () if theme is None else tuple(_fitting(ranking.picks, theme))[:MOST_TITLES]
        if len(found) >= _FEWEST_TITLES:
            return _listed(ranking, found, theme, segment)
    return _listed(ranking, ranking.picks[:MOST_TITLES], None, None)


def _by_size(ranking: Picks, but_segment: int | None) -> list[int]:
    parts = ranking.segment_probabilities
    return sorted(range(len(parts)), key=lambda number: (number == but_segment, -parts[number]))


def _theme(label: SegmentLabel) -> WeekTheme | None:
    if label.sensitive or label.kind is None or not label.genres:
        return None
    return WeekTheme(kind=label.kind, genres=label.genres)


def _fitting(picks: Sequence[Pick], theme: WeekTheme) -> Iterator[Pick]:
    for pick in picks:
        kind = "films" if pick.kind == "film" else "series"
        if kind == theme.kind and set(theme.genres) <= set(pick.genres):
            yield pick


def _listed(
    ranking: Picks, found: tuple[Pick, ...], theme: WeekTheme | None, segment: int | None
) -> WeekList | None:
    parts = chain.from_iterable(pick.reasons for pick in found)
    reasons = heaviest(parts, most=_NAMED_REASONS)
    if not reasons:
        return None
    return WeekList(
        theme=theme,
        segment=segment,
        reasons=reasons,
        picks=found,
        max_age_rating=ranking.max_age_rating,
        entitlements=ranking.entitlements,
    )
