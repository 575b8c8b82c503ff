"""Who lives in the households, what they like, and how that drifts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_export.synthetic.world import LATENT_DIMENSIONS, World

__all__ = ["People", "draw_people", "liking"]

DRIFT_RADIANS_PER_YEAR = 0.9
"""How far a taste turns in a year: what is left of it is cos(0.9) = 0.62."""

_SIZES = np.array([0.30, 0.65, 0.83, 1.0])
"""Cumulative shares of households with one to four people."""
_CHILD, _TEEN, _ADULT = 6, 12, 21
_SECOND_IS_ADULT, _LATER_IS_CHILD = 0.8, 0.6
_FAVOURITES = 3
_GENRE_WEIGHT = 4.5
_LATENT_WEIGHT = 3.0
_ERA_WEIGHT = 0.9
_SERIES_WEIGHT = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """P people in H households; the people of one household stand together."""

    first: NDArray[np.int64]
    """[H] number of a household's first person."""
    size: NDArray[np.int64]
    """[H] people in it, 1–4."""
    max_age: NDArray[np.int64]
    """[P] highest age rating a person watches."""
    begin: NDArray[np.float64]
    """[P, F] taste at the start, over the features of :func:`_features`."""
    end: NDArray[np.float64]
    """[P, F] the taste it turns towards."""
    activity: NDArray[np.float64]
    """[H] how much a household watches; 1 on average."""
    bingeing: NDArray[np.float64]
    """[H] chance that another episode follows, 0.2–0.8."""


def draw_people(rng: np.random.Generator, *, households: int, world: World) -> People:
    """Draw ``households`` households of one to four people."""
    size = 1 + np.searchsorted(_SIZES, rng.random(households), side="right")
    count = int(size.sum())
    first = np.cumsum(size) - size
    order = np.arange(count) - np.repeat(first, size)
    # The second person may be a teenager; the third and fourth are children or teenagers.
    draw = rng.random(count)
    second = np.where(draw < _SECOND_IS_ADULT, _ADULT, _TEEN)
    later = np.where(draw < _LATER_IS_CHILD, _CHILD, _TEEN)
    max_age = np.choose(np.minimum(order, 2), (np.full(count, _ADULT), second, later))
    shares = world.genres.mean(axis=0)
    return People(
        first=first,
        size=size,
        max_age=max_age,
        begin=_tastes(rng, count, shares),
        end=_tastes(rng, count, shares),
        activity=np.clip(np.exp(rng.normal(-0.1, 0.45, households)), 0.35, 2.2),
        bingeing=0.2 + 0.6 * rng.random(households),
    )


def liking(people: People, world: World, *, years: float) -> NDArray[np.float32]:
    """Return how much each person likes each work, [P, W], about 0 ± 2; −inf if too young.

    Rounded to 1e-4, so that the last bits of sums and cosines, which differ between processors,
    have no say in the log.
    """
    angle = DRIFT_RADIANS_PER_YEAR * years
    tastes = people.begin * np.cos(angle) + people.end * np.sin(angle)
    score = np.round(tastes @ _features(world).T, 4)
    too_young = people.max_age[:, None] < world.age_rating[None, :]
    return np.where(too_young, -np.inf, score).astype(np.float32)


def _features(world: World) -> NDArray[np.float64]:
    """Return [W, F]: genres, likeness beyond genres, era, being a series."""
    era = np.clip((world.age_years - 12.0) / 20.0, -1.0, 2.0)
    return np.column_stack((world.genres, world.latent, era, np.where(world.is_series, 1.0, -1.0)))


def _tastes(
    rng: np.random.Generator, count: int, shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Draw [P, F] tastes: three favourite genres, the rest disliked a little."""
    genre = rng.normal(-0.5, 0.35, (count, len(shares)))
    bounds = np.cumsum(shares + 0.002)  # also genres without titles have their fans
    bounds /= bounds[-1]
    people = np.arange(count)
    for _ in range(_FAVOURITES):
        favourite = np.searchsorted(bounds, rng.random(count), side="right")
        genre[people, favourite] = 0.5 + 0.5 * rng.random(count)
    return np.column_stack(
        (
            _GENRE_WEIGHT * genre,
            _LATENT_WEIGHT * rng.normal(size=(count, LATENT_DIMENSIONS)) / LATENT_DIMENSIONS**0.5,
            _ERA_WEIGHT * rng.normal(-0.4, 0.8, count),
            _SERIES_WEIGHT * rng.normal(0.0, 0.8, count),
        )
    )
