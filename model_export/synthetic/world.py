"""What the catalogue is to its audience: popularity, hidden likeness, release dates.

All of it follows from the titles alone, so that households made later, from another seed, live in
the same world as the panel that a model was trained on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.clock import WEEK_SECONDS
from edgeagent.messages import Title, canonical_bytes, sha256_hex
from model_export.synthetic.catalogue import NEW_YEAR
from model_export.synthetic.lexicon import GENRES

__all__ = ["LATENT_DIMENSIONS", "PANEL_START", "World", "build_world"]

PANEL_START = 1_736_121_600
"""Monday 2025-01-06T00:00:00Z; new releases enter during the 52 weeks from here."""

LATENT_DIMENSIONS = 6
"""Likeness that genres do not tell: tone, setting, cast."""

_ZIPF_EXPONENT = 1.3
_ZIPF_SHIFT = 3.0
"""Of first choices; what is seen is not chosen again, which flattens the counts: the most watched
tenth of the titles has over a third of the viewings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """W works (a film, or a series with its episodes in order) over a list of I titles."""

    titles: tuple[Title, ...]
    first: NDArray[np.int64]
    """[W] where a work's titles begin in ``items``."""
    length: NDArray[np.int64]
    """[W] how many titles a work has."""
    items: NDArray[np.int64]
    """[I] title numbers, work by work, episodes in order."""
    is_series: NDArray[np.bool_]
    """[W]."""
    popularity: NDArray[np.float64]
    """[W] relative; Zipf–Mandelbrot over a random ranking."""
    genres: NDArray[np.float64]
    """[W, 18] each row sums to 1 (to 0 for a work without a known genre)."""
    latent: NDArray[np.float64]
    """[W, LATENT_DIMENSIONS] unit vectors."""
    age_years: NDArray[np.float64]
    """[W] how old a work is at the start of the panel; 0 for new ones."""
    age_rating: NDArray[np.int64]
    """[W]."""
    released_on: NDArray[np.int64]
    """[I] in the order of ``items``; seconds UTC, 0 for what has always been there."""
    run_seconds: NDArray[np.int64]
    """[I] in the order of ``items``."""


def build_world(titles: tuple[Title, ...]) -> World:
    """Derive the world of a catalogue; equal catalogues give equal worlds."""
    rng = np.random.default_rng(int(sha256_hex(canonical_bytes(titles)), 16))
    works = _works(titles)
    heads = [titles[work[0]] for work in works]
    lasts = [titles[work[-1]] for work in works]
    length = np.array([len(work) for work in works])
    items = np.array([item for work in works for item in work])
    is_series = np.array([head.series_id is not None for head in heads])
    latent = rng.normal(size=(len(works), LATENT_DIMENSIONS))
    rank = rng.permutation(len(works))
    return World(
        titles=titles,
        first=np.cumsum(length) - length,
        length=length,
        items=items,
        is_series=is_series,
        popularity=np.power(rank + _ZIPF_SHIFT, -_ZIPF_EXPONENT, dtype=np.float64),
        genres=np.array([_genre_row(head) for head in heads]),
        latent=latent / np.linalg.norm(latent, axis=1, keepdims=True),
        age_years=np.array([max(0.0, NEW_YEAR - (last.year or NEW_YEAR)) for last in lasts]),
        age_rating=np.array([head.age_rating for head in heads]),
        released_on=_releases(rng, titles, works),
        run_seconds=np.array([(titles[item].run_minutes or 100) * 60 for item in items]),
    )


def _works(titles: tuple[Title, ...]) -> list[list[int]]:
    """Group title numbers by series, episodes in order; a film is a work of one."""
    works: dict[str, list[int]] = {}
    for number, title in enumerate(titles):
        works.setdefault(title.series_id or title.entity_id, []).append(number)
    for work in works.values():
        work.sort(key=lambda item: (titles[item].season or 0, titles[item].episode or 0))
    return list(works.values())


def _genre_row(title: Title) -> list[float]:
    known = [genre for genre in title.genres if genre in GENRES]
    return [(genre in known) / max(1, len(known)) for genre in GENRES]


def _releases(
    rng: np.random.Generator, titles: tuple[Title, ...], works: list[list[int]]
) -> NDArray[np.int64]:
    """Spread new works over the year; a new season comes an episode a week."""
    released_on: list[int] = []
    for work in works:
        week = int(rng.integers(1, 45))
        for item in work:
            is_new = titles[item].year == NEW_YEAR
            released_on.append(PANEL_START + week * WEEK_SECONDS if is_new else 0)
            week += is_new
    return np.array(released_on)
