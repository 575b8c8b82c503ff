"""A fictional catalogue: films and series with genres, years, age ratings and run times.

Proportions follow what a general-interest service shows: drama and comedy lead, more recent than
old titles, a third to a half of the entries episodes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeagent.messages import Title
from model_export.synthetic.titles import TitleWriter

__all__ = ["NEW_YEAR", "build_catalogue"]

NEW_YEAR = 2025
"""Titles of this year are the new releases of the panel."""

_FILM_SHARE = 0.55
_OLDEST_YEAR = 1934
_MEAN_FILM_AGE_YEARS = 13.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What titles of one primary genre are like."""

    share: float
    """Of the catalogue; relative, not summing to 1."""
    beside: tuple[str, ...]
    """Genres that occur as second or third; everyday ones are named more than once."""
    ages: tuple[int, ...]
    """Age ratings; drawn evenly."""
    minutes: int = 104
    """Middle run time of a film."""
    older_years: int = 0
    """How much older than other films on average."""


_KINDS: dict[str, _Kind] = {
    "Action": _Kind(
        share=10,
        beside=("Adventure", "Thriller", "Thriller", "Sci-Fi", "Crime"),
        ages=(12, 16, 16),
        minutes=112,
    ),
    "Adventure": _Kind(
        share=6, beside=("Action", "Fantasy", "Comedy", "Children"), ages=(6, 6, 12), minutes=112
    ),
    "Animation": _Kind(
        share=5, beside=("Children", "Children", "Comedy", "Fantasy"), ages=(0, 0, 6), minutes=90
    ),
    "Children": _Kind(
        share=4, beside=("Animation", "Comedy", "Adventure", "Musical"), ages=(0, 0, 6), minutes=88
    ),
    "Comedy": _Kind(
        share=16, beside=("Romance", "Romance", "Drama", "Crime"), ages=(0, 6, 12, 12), minutes=98
    ),
    "Crime": _Kind(share=8, beside=("Drama", "Thriller", "Mystery"), ages=(12, 16, 16)),
    "Documentary": _Kind(share=6, beside=("War", "Musical", "Drama"), ages=(0, 0, 6), minutes=82),
    "Drama": _Kind(
        share=18, beside=("Romance", "Romance", "War", "Comedy", "Mystery"), ages=(6, 12, 12, 16)
    ),
    "Fantasy": _Kind(share=4, beside=("Adventure", "Romance", "Drama"), ages=(6, 12, 12)),
    "Film-Noir": _Kind(
        share=2, beside=("Crime", "Mystery", "Thriller"), ages=(12, 16), minutes=92, older_years=45
    ),
    "Horror": _Kind(
        share=6, beside=("Thriller", "Thriller", "Mystery", "Sci-Fi"), ages=(16, 18), minutes=95
    ),
    "Musical": _Kind(
        share=2, beside=("Romance", "Comedy"), ages=(0, 6), minutes=108, older_years=20
    ),
    "Mystery": _Kind(share=4, beside=("Crime", "Thriller", "Drama"), ages=(6, 12, 16)),
    "Romance": _Kind(share=6, beside=("Comedy", "Drama", "Drama"), ages=(0, 6, 12), minutes=102),
    "Sci-Fi": _Kind(
        share=6, beside=("Action", "Thriller", "Adventure"), ages=(6, 12, 12, 16), minutes=110
    ),
    "Thriller": _Kind(share=8, beside=("Crime", "Drama", "Mystery"), ages=(12, 16, 16)),
    "War": _Kind(share=3, beside=("Drama", "Drama", "Action"), ages=(12, 16), older_years=12),
    "Western": _Kind(share=3, beside=("Adventure", "Drama"), ages=(6, 12), older_years=28),
}
_PRIMARY = tuple(_KINDS)
_CUMULATIVE_SHARE = np.cumsum([kind.share for kind in _KINDS.values()])


def build_catalogue(rng: np.random.Generator, *, titles: int) -> tuple[Title, ...]:
    """Invent exactly ``titles`` films and episodes, films first, episodes in order."""
    writer = TitleWriter(rng)
    films = round(titles * _FILM_SHARE)
    catalogue = [_film(rng, writer, number) for number in range(1, films + 1)]
    number = 0
    while len(catalogue) < titles:
        number += 1
        catalogue += _series(rng, writer, number, at_most=titles - len(catalogue))
    return tuple(catalogue)


def _film(rng: np.random.Generator, writer: TitleWriter, number: int) -> Title:
    genres = _genres(rng)
    kind = _KINDS[genres[0]]
    age_years = int(rng.exponential(_MEAN_FILM_AGE_YEARS + kind.older_years))
    return Title(
        entity_id=f"film-{number:04d}",
        title=writer.film(genres[0]),
        kind="film",
        genres=tuple(sorted(genres)),
        year=max(_OLDEST_YEAR, NEW_YEAR - age_years),
        age_rating=_age_rating(rng, genres),
        run_minutes=int(np.clip(round(rng.normal(kind.minutes, 13)), 62, 182)),
    )


def _series(
    rng: np.random.Generator, writer: TitleWriter, number: int, *, at_most: int
) -> list[Title]:
    """Invent one series: one to three yearly seasons of six to ten episodes."""
    genres = _genres(rng)
    name = writer.series(genres[0])
    age_rating = _age_rating(rng, genres)
    minutes = int(rng.choice((24, 44, 44, 54)))
    seasons = int(rng.choice((1, 1, 1, 2, 2, 3)))
    per_season = int(rng.integers(6, 11))
    last_year = NEW_YEAR - int(rng.exponential(4.0))
    series_id = f"series-{number:03d}"
    places = [(season, part) for season in range(seasons) for part in range(per_season)]
    return [
        Title(
            entity_id=f"{series_id}-s{season + 1:02d}e{part + 1:02d}",
            title=writer.episode(name),
            kind="episode",
            genres=tuple(sorted(genres)),
            year=last_year - seasons + 1 + season,
            age_rating=age_rating,
            run_minutes=minutes + int(rng.integers(-3, 4)),
            series_id=series_id,
            season=season + 1,
            episode=part + 1,
        )
        for season, part in places[:at_most]
    ]


def _genres(rng: np.random.Generator) -> list[str]:
    """Draw the primary genre and up to two beside it."""
    spot = rng.random() * _CUMULATIVE_SHARE[-1]
    primary = _PRIMARY[int(np.searchsorted(_CUMULATIVE_SHARE, spot, side="right"))]
    genres = [primary]
    for _ in range(int(rng.choice((0, 1, 1, 2)))):
        second = str(rng.choice(_KINDS[primary].beside))
        if second not in genres:
            genres.append(second)
    return genres


def _age_rating(rng: np.random.Generator, genres: list[str]) -> int:
    """Draw a rating that fits the primary genre; horror beside it raises it."""
    rating = int(rng.choice(_KINDS[genres[0]].ages))
    return max(rating, 16) if "Horror" in genres else rating
