"""What segments are called: by genre, era and theme, else by titles; no two alike.

A name is a description of what was watched there, made from the log and the catalogue alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from itertools import count as counting

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from edgeagent.messages import SegmentLabel, Title
from edgeagent.messages.manifest import BEFORE_1970, LABEL_TEXT_LETTERS
from model_export.metadata import NOTHING_KNOWN, Metadata
from model_export.segments.english_names import english_name, noun_first, shortened
from model_export.segments.facets import Facet, distinctive_titles, watched_in
from model_export.segments.session_vectors import SessionRows
from model_export.segments.taxonomy import iab_categories, is_sensitive
from model_export.topics.mapping import NO_MAPPING, GenreMapping
from model_export.topics.titles import TitleTopics, title_topics

__all__ = ["UNKNOWN_SHARE", "NamedSegment", "name_segments"]

_LIFT, _GENRE_SHARE = 1.5, 0.15
"""How many times more than in the whole log a genre is watched before it alone names a segment."""
_FAINT_LIFT, _FAINT_SHARE = 1.2, 0.2
"""Enough for a genre to be named together with titles."""
_ERA_SHARE = 0.4
_THEME_LIFT, _THEME_SHARE = 2.0, 0.2
_SERIES_SHARE = 0.75
_BEFORE, _CLASSIC = 0, 1970
"""Stands among the decades for all before 1970, and goes first where a decade tells no more."""
_TITLES_SHOWN = 3
_MAX_IAB = 8
UNKNOWN_SHARE = 0.1
"""Of what is watched in a segment may be titles of which is not known what they are about. From
there on it counts as sensitive: a word that nobody can read may be the one that protects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSegment:
    """A label for boxes, and what a programmer may be shown beside it."""

    label: SegmentLabel
    titles: tuple[str, ...]
    """The most telling ones, up to three."""
    unknown_share: float
    """How much of what is watched there is of titles of unknown topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Portrait:
    """What stands out in one segment."""

    base: SegmentLabel
    """Genres that name it, up to two (fewer say it all in most segments), and era."""
    strong: bool
    """Whether they do without titles beside them."""
    theme: str | None
    titles: tuple[str, ...]
    unknown_share: float


def name_segments(
    titles: Sequence[Title],
    sessions: Sequence[SessionRows],
    assigned: NDArray[np.integer],
    *,
    count: int,
    metadata: Mapping[str, Metadata],
    mapping: GenreMapping = NO_MAPPING,
) -> tuple[NamedSegment, ...]:
    """Name S segments.

    Args:
        titles: of the log.
        sessions: M of them.
        assigned: [M] segment of each.
        count: S.
        metadata: by entity id; themes come from its keywords.
        mapping: what words of the catalogue mean to its operator.

    """
    watched = watched_in(sessions, assigned, titles=len(titles), count=count)
    named: list[NamedSegment] = []
    taken: set[str] = set()
    about = [
        title_topics(title, metadata.get(title.entity_id, NOTHING_KNOWN).keywords, mapping)
        for title in titles
    ]
    for portrait in _portraits(titles, watched, metadata, about, mapping):
        label = next(label for label in _labels(portrait) if label.name not in taken)
        taken.add(label.name)
        named.append(
            NamedSegment(label=label, titles=portrait.titles, unknown_share=portrait.unknown_share)
        )
    return tuple(named)


def _portraits(
    titles: Sequence[Title],
    watched: NDArray[np.float64],
    metadata: Mapping[str, Metadata],
    about_titles: Sequence[TitleTopics],
    mapping: GenreMapping,
) -> Iterator[_Portrait]:
    known = dict(zip((title.entity_id for title in titles), about_titles, strict=True))
    genres = Facet.of(titles, watched, lambda title: known[title.entity_id].labels)
    topics = Facet.of(titles, watched, lambda title: known[title.entity_id].topics)
    unknown = np.array([not each.is_known for each in about_titles])
    unknown_share = watched[:, unknown].sum(axis=1) / np.maximum(watched.sum(axis=1), 1.0)
    eras = Facet.of(titles, watched, _eras)
    kinds = Facet.of(titles, watched, lambda title: (title.kind,))
    themes = Facet.of(
        titles, watched, lambda title: metadata.get(title.entity_id, NOTHING_KNOWN).keywords
    )
    for segment, tops in enumerate(distinctive_titles(titles, watched, most=_TITLES_SHOWN)):
        lifted = genres.lifted(segment, lift=_LIFT, share=_GENRE_SHARE)
        faint = genres.lifted(segment, lift=_FAINT_LIFT, share=_FAINT_SHARE)
        theme = themes.lifted(segment, lift=_THEME_LIFT, share=_THEME_SHARE)
        named = (lifted or faint or genres.commonest(segment))[:2]
        series = kinds.lifted(segment, lift=0.0, share=_SERIES_SHARE) == ["episode"]
        era = eras.lifted(segment, lift=_LIFT, share=_ERA_SHARE)[:1]
        # What a mapped word tells of is among the topics of its titles.
        about = [*lifted, *(word for word in theme if mapping.get(word) is None), *named]
        secret = topics.lifted(segment, lift=_LIFT, share=_GENRE_SHARE)
        yield _Portrait(
            base=SegmentLabel(
                name="-",
                sensitive=bool(secret)
                or is_sensitive(about)
                or bool(unknown_share[segment] >= UNKNOWN_SHARE),
                iab=iab_categories(about, series=series)[:_MAX_IAB],
                kind="series" if series else "films",
                genres=noun_first([_cut(genre) for genre in named]),
                era=BEFORE_1970 if era == [_BEFORE] else next(iter(era), None),
            ),
            strong=bool(lifted),
            theme=_cut(theme[0].lower()) or None if theme else None,
            titles=tops,
            unknown_share=float(unknown_share[segment]),
        )


def _eras(title: Title) -> Sequence[int]:
    if title.year is None:
        return ()
    return (title.year // 10 * 10, *([_BEFORE] * (title.year < _CLASSIC)))


def _labels(portrait: _Portrait) -> Iterator[SegmentLabel]:
    """Yield ways to say it, the shortest that tells enough first, each longer one more special."""
    base, titles = portrait.base, tuple(map(_cut, portrait.titles))
    ways: list[SegmentLabel] = []
    if portrait.strong or portrait.theme:
        ways += [base, replace(base, theme=portrait.theme)]
    ways += [replace(base, titles=titles[:shown]) for shown in range(1, len(titles) + 1)]
    numbered = (replace(base, number=number) for number in counting(1))
    for way in chain(ways, numbered):
        yield replace(way, name=english_name(way))


def _cut(text: str) -> str:
    return shortened(text, LABEL_TEXT_LETTERS)
