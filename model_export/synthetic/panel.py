"""The panel, its catalogue, and new households in the same world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from edgeagent.clock import DAY_SECONDS
from edgeagent.errors import InputError
from edgeagent.messages import Title
from model_export.log import WatchLog
from model_export.synthetic.catalogue import build_catalogue
from model_export.synthetic.credits import credits_of
from model_export.synthetic.living import live
from model_export.synthetic.people import draw_people
from model_export.synthetic.world import PANEL_START, build_world

__all__ = ["PANEL_START", "synthetic_catalogue", "synthetic_households", "synthetic_panel"]

_CATALOGUE, _PANEL, _HOUSEHOLDS = 1, 2, 3
"""Streams of one seed; different streams are unrelated."""


def synthetic_catalogue(seed: int, *, titles: int = 1500) -> tuple[Title, ...]:
    """Invent a catalogue of ``titles`` films and series episodes.

    Raises:
        InputError: a negative seed, or no titles.

    """
    _at_least(1, titles=titles)
    return build_catalogue(_stream(seed, _CATALOGUE), titles=titles)


def synthetic_panel(
    seed: int,
    *,
    households: int = 2000,
    weeks: int = 52,
    start: int = PANEL_START,
    titles: int = 1500,
    advance: Callable[[], None] = lambda: None,
) -> WatchLog:
    """Invent a catalogue and let ``households`` households watch it for ``weeks`` weeks.

    Args:
        seed: everything follows from it, on any machine.
        households: one user number each.
        weeks: 52 give some 170 viewings a household.
        start: seconds UTC, a midnight; new releases enter in the year from ``PANEL_START``.
        titles: how many films and episodes the catalogue has.
        advance: told of each week that was lived.

    Raises:
        InputError: a negative seed, a count below 1, a start that is no midnight.

    """
    return _log(
        _stream(seed, _PANEL),
        catalogue=synthetic_catalogue(seed, titles=titles),
        households=households,
        weeks=weeks,
        start=start,
        advance=advance,
    )


def synthetic_households(
    seed: int,
    *,
    catalogue: tuple[Title, ...],
    households: int,
    weeks: int,
    start: int,
    advance: Callable[[], None] = lambda: None,
) -> WatchLog:
    """Let new households watch a known catalogue; they are in no panel, whatever its seed.

    Titles are as popular, as alike and released as they are for every panel over this catalogue.
    ``advance`` is told of each week that was lived.

    Raises:
        InputError: as :func:`synthetic_panel`, or an empty catalogue.

    """
    return _log(
        _stream(seed, _HOUSEHOLDS),
        catalogue=catalogue,
        households=households,
        weeks=weeks,
        start=start,
        advance=advance,
    )


def _log(
    rng: np.random.Generator,
    *,
    catalogue: tuple[Title, ...],
    households: int,
    weeks: int,
    start: int,
    advance: Callable[[], None],
) -> WatchLog:
    _at_least(1, households=households, weeks=weeks, titles=len(catalogue))
    if start % DAY_SECONDS:
        raise InputError(
            f"start {start} is not a midnight UTC", hint="give a multiple of 86400 seconds"
        )
    world = build_world(catalogue)
    people = draw_people(rng, households=households, world=world)
    log = live(rng, world=world, people=people, weeks=weeks, start=start, advance=advance)
    return replace(log, metadata=credits_of(world), is_invented=True)


def _stream(seed: int, stream: int) -> np.random.Generator:
    _at_least(0, seed=seed)
    return np.random.default_rng([seed, stream])


def _at_least(least: int, **values: int) -> None:
    for name, value in values.items():
        if value < least:
            raise InputError(f"{name} is {value}", hint=f"give {name} of at least {least}")
