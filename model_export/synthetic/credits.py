"""Cast, keywords and descriptions of invented titles.

They hint at what genres do not tell: people and themes lean to a part of the hidden likeness, as
actors and subjects do, so that a reader of the credits can tell who will like a new title better
than by its genres; chance has its share.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import canonical_bytes, sha256_hex
from model_export.metadata import Metadata
from model_export.synthetic.lexicon import NAMES, PLACES, THEMES
from model_export.synthetic.world import LATENT_DIMENSIONS, World

__all__ = ["credits_of"]

_CAST, _THEMES = 4, 3
_ACTORS = 320
_LEANING = 4.0
"""In exp(leaning · cosine): a person who fits is a few dozen times as likely as the opposite."""


def credits_of(world: World) -> dict[str, Metadata]:
    """Return what the catalogue of a world says of each title; equal worlds, equal credits."""
    seed = int(sha256_hex(canonical_bytes(world.titles)), 16)
    rng = np.random.default_rng([seed, 1])
    cast = _choose(rng, world, among=_ACTORS, count=_CAST)
    themes = _choose(rng, world, among=len(THEMES), count=_THEMES)
    found: dict[str, Metadata] = {}
    for work, first in enumerate(world.first):
        known = _metadata(world, int(first), cast[work], themes[work], rng)
        for item in world.items[first : first + world.length[work]]:
            found[world.titles[item].entity_id] = known
    return found


def _metadata(
    world: World,
    first: int,
    cast: NDArray[np.intp],
    themes: NDArray[np.intp],
    rng: np.random.Generator,
) -> Metadata:
    head = world.titles[world.items[first]]
    words = tuple(THEMES[theme] for theme in themes)
    place = PLACES[int(rng.integers(len(PLACES)))]
    return Metadata(
        people=tuple(_actor(number) for number in cast),
        keywords=words,
        series=head.title.split(":")[0] if head.series_id is not None else "",
        description=f"{_actor(cast[0])} in a story of {words[0]} and {words[1]} at {place}.",
    )


def _choose(rng: np.random.Generator, world: World, *, among: int, count: int) -> NDArray[np.intp]:
    """Draw for each work ``count`` distinct of ``among`` that lean its way, [W, count].

    The largest of leaning plus Gumbel noise are a draw without replacement; leanings are rounded,
    so that the last bits of cosines, which differ between processors, have no say.
    """
    leaning = rng.normal(size=(among, LATENT_DIMENSIONS))
    leaning /= np.linalg.norm(leaning, axis=1, keepdims=True)
    fit = np.round(_LEANING * world.latent @ leaning.T, 4)
    drawn = fit + rng.gumbel(size=fit.shape)
    return np.argsort(-drawn, axis=1, kind="stable")[:, :count]


def _actor(number: int) -> str:
    """Return a first and a last name; distinct for distinct numbers below 60 · 59."""
    first, second = number % len(NAMES), number // len(NAMES) + 1
    return f"{NAMES[first]} {NAMES[(first + second) % len(NAMES)]}"
