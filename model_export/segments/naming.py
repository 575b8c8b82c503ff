"""What segments are called: by genre, era and theme, else by titles; no two alike.

A name is a description of what was watched there, made from the log and the catalogue alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import SegmentLabel, Title
from model_export.metadata import NOTHING_KNOWN, Metadata
from model_export.segments.facets import Facet, telling_titles, watched_in
from model_export.segments.genre_words import spoken_genres
from model_export.segments.session_vectors import SessionRows
from model_export.segments.taxonomy import FORMATS, iab_categories, is_sensitive

__all__ = ["NamedSegment", "name_segments"]

_LIFT, _GENRE_SHARE = 1.5, 0.15
"""How many times more than in the whole log a genre is watched before it alone names a segment."""
_FAINT_LIFT, _FAINT_SHARE = 1.2, 0.2
"""Enough for a genre to be named together with titles."""
_ERA_SHARE = 0.4
_THEME_LIFT, _THEME_SHARE = 2.0, 0.2
_SERIES_SHARE = 0.75
_CLASSIC = 1970
_TITLES_SHOWN = 3
_MAX_NAME_LENGTH = 120
_MAX_IAB = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSegment:
    """A label for boxes, and what a programmer may be shown beside it."""

    label: SegmentLabel
    titles: tuple[str, ...]
    """The most telling ones, up to three."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Portrait:
    """What stands out in one segment."""

    genres: Sequence[str]
    """That name it, up to two; fewer say it all in most segments."""
    strong: bool
    """Whether they do without titles beside them."""
    lifted: Sequence[str]
    """All genres and themes that stand out."""
    series: bool
    era: str
    theme: str
    titles: tuple[str, ...]


def name_segments(
    titles: Sequence[Title],
    sessions: Sequence[SessionRows],
    assigned: NDArray[np.integer],
    *,
    count: int,
    metadata: Mapping[str, Metadata],
) -> tuple[NamedSegment, ...]:
    """Name S segments.

    Args:
        titles: of the log.
        sessions: M of them.
        assigned: [M] segment of each.
        count: S.
        metadata: by entity id; themes come from its keywords.

    """
    watched = watched_in(sessions, assigned, titles=len(titles), count=count)
    named: list[NamedSegment] = []
    taken: set[str] = set()
    for portrait in _portraits(titles, watched, metadata):
        name = next(wording for wording in _wordings(portrait) if wording not in taken)
        taken.add(name)
        about = [*portrait.lifted, *portrait.genres]
        label = SegmentLabel(
            name=name,
            sensitive=is_sensitive(about),
            iab=iab_categories(about, series=portrait.series)[:_MAX_IAB],
        )
        named.append(NamedSegment(label=label, titles=portrait.titles))
    return tuple(named)


def _portraits(
    titles: Sequence[Title], watched: NDArray[np.float64], metadata: Mapping[str, Metadata]
) -> Iterator[_Portrait]:
    genres = Facet.of(titles, watched, _genres)
    eras = Facet.of(titles, watched, _eras)
    kinds = Facet.of(titles, watched, lambda title: (title.kind,))
    themes = Facet.of(
        titles, watched, lambda title: metadata.get(title.entity_id, NOTHING_KNOWN).keywords
    )
    for segment, tops in enumerate(telling_titles(titles, watched, most=_TITLES_SHOWN)):
        lifted = genres.lifted(segment, lift=_LIFT, share=_GENRE_SHARE)
        faint = genres.lifted(segment, lift=_FAINT_LIFT, share=_FAINT_SHARE)
        theme = themes.lifted(segment, lift=_THEME_LIFT, share=_THEME_SHARE)
        yield _Portrait(
            genres=(lifted or faint or genres.commonest(segment))[:2],
            strong=bool(lifted),
            lifted=[*lifted, *theme],
            series=bool(kinds.lifted(segment, lift=0.0, share=_SERIES_SHARE) == ["episode"]),
            era=next(iter(eras.lifted(segment, lift=_LIFT, share=_ERA_SHARE)), ""),
            theme=theme[0] if theme else "",
            titles=tops,
        )


def _genres(title: Title) -> Sequence[str]:
    return [genre for genre in title.genres if genre.lower() not in FORMATS]


def _eras(title: Title) -> Sequence[str]:
    if title.year is None:
        return ()
    return (f"of the {title.year // 10 * 10}s", *([f"before {_CLASSIC}"] * (title.year < _CLASSIC)))


def _wordings(portrait: _Portrait) -> Iterator[str]:
    """Yield ways to say it, the shortest that tells enough first, each longer one more special.

    None is longer than a screen can show, however long genres, themes and titles are.
    """
    base = spoken_genres(portrait.genres, series=portrait.series)
    base = f"{base} {portrait.era}" if portrait.era else base
    base = _cut(base, _MAX_NAME_LENGTH)
    themed = _cut(f"{base}: {portrait.theme.lower()}", _MAX_NAME_LENGTH) if portrait.theme else base
    if portrait.strong or portrait.theme:
        yield base
        yield themed
    for shown in range(1, len(portrait.titles) + 1):
        around = " and ".join(f"“{title}”" for title in portrait.titles[:shown])
        yield _cut(f"{base}, like {around}", _MAX_NAME_LENGTH)
    yield base
    number = 2
    while True:
        ending = f" ({number})"
        yield _cut(base, _MAX_NAME_LENGTH - len(ending)) + ending
        number += 1


def _cut(name: str, length: int) -> str:
    return name if len(name) <= length else name[: length - 1].rstrip() + "…"
