"""Many boxes' reports at once, by numpy: for simulations and tests, never for a box.

The distributions are those of :class:`~edgeagent.privacy.subset_selection.SubsetSelection` and
:class:`~edgeagent.privacy.discrete_laplace.DiscreteLaplace`; the arithmetic is not. A box draws
from the system's generator and decides on integers. Here a seeded generator gives floats of 53
bits, so that a chance may be wrong by 2⁻⁵³, which no simulation can see and a proof would not
allow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages.report import COUNT_LIMIT
from edgeagent.privacy.discrete_laplace import DiscreteLaplace
from edgeagent.privacy.estimation import Totals
from edgeagent.privacy.randomizers import Randomizer
from edgeagent.privacy.subset_selection import SubsetSelection

__all__ = ["Reports", "draw_reports", "draw_subsets", "totals_of"]

Reports = NDArray[np.bool_] | NDArray[np.int16]

_CHUNK = 16384
"""Boxes at a time: what one step touches (128 KiB for each array) stays in a processor's cache;
from 8,192 to 32,768 made no difference, all boxes at once take twice as long."""


def draw_reports(
    randomizer: Randomizer, sessions: NDArray[np.integer], generator: np.random.Generator
) -> Reports:
    """Draw the report of each box, which has watched one session.

    Args:
        randomizer: the mechanism of the task.
        sessions: int [N], the category of each box's session.
        generator: repeats itself for a seed.

    Returns:
        [N, S'], one row a report: bool for Subset Selection, int16 for discrete Laplace.

    """
    if isinstance(randomizer, SubsetSelection):
        kept = generator.random(len(sessions)) < float(randomizer.p)
        return draw_subsets(
            sessions,
            kept,
            categories=randomizer.categories,
            weight=randomizer.weight,
            generator=generator,
        )
    if isinstance(randomizer, DiscreteLaplace):
        return _draw_laplace(randomizer, sessions, generator)
    message = f"no batch draws for {type(randomizer).__name__}"
    raise TypeError(message)


def draw_subsets(
    singled: NDArray[np.integer],
    inside: NDArray[np.bool_],
    *,
    categories: int,
    weight: int,
    generator: np.random.Generator,
) -> NDArray[np.bool_]:
    """Draw for each box a set of ``weight`` categories, uniform but for one category.

    Selection sampling (Knuth, The Art of Computer Programming 2, algorithm 3.4.2 S), all boxes at
    once: category by category, each is taken with the chance (still to take) / (still to come).

    Args:
        singled: int [N], the category of which it is decided already whether it is in the set.
        inside: bool [N], whether it is.
        categories: S'.
        weight: d, how many categories each set has; below S'.
        generator: repeats itself for a seed.

    Returns:
        bool [N, S'], true in the set.

    """
    drawn = np.empty((categories, len(singled)), dtype=np.bool_)
    for begin in range(0, len(singled), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        _select(singled[part], inside[part], drawn[:, part], weight=weight, generator=generator)
    return drawn.T


def _select(
    singled: NDArray[np.integer],
    inside: NDArray[np.bool_],
    drawn: NDArray[np.bool_],
    *,
    weight: int,
    generator: np.random.Generator,
) -> None:
    categories, boxes = drawn.shape
    to_take = (weight - inside).astype(np.float64)
    uniform = np.empty(boxes)
    # Boxes whose singled category is still to come have one category fewer to choose from.
    to_come = np.full(boxes, categories - 1.0)
    by_category = np.argsort(singled, kind="stable")
    bounds = np.searchsorted(singled[by_category], np.arange(categories + 1))
    for category in range(categories):
        taken = drawn[category]
        own = by_category[bounds[category] : bounds[category + 1]]
        generator.random(out=uniform)
        uniform *= to_come
        np.less(uniform, to_take, out=taken)
        taken[own] = False
        to_take -= taken
        to_come -= 1.0
        to_come[own] += 1.0
        taken[own] = inside[own]


def _draw_laplace(
    randomizer: DiscreteLaplace, sessions: NDArray[np.integer], generator: np.random.Generator
) -> NDArray[np.int16]:
    """The difference of two geometric numbers is discrete Laplace."""
    shape = (len(sessions), randomizer.categories)
    noise = generator.geometric(1 - randomizer.ratio, shape)
    noise -= generator.geometric(1 - randomizer.ratio, shape)
    noise[np.arange(len(sessions)), sessions] += 1
    return np.clip(noise, -COUNT_LIMIT, COUNT_LIMIT).astype(np.int16)


def totals_of(reports: Reports) -> Totals:
    """Sum reports, as a server does.

    Args:
        reports: [N, S'], as :func:`draw_reports` makes them.

    """
    if reports.dtype == np.bool_:
        counts, at_limit = np.count_nonzero(reports, axis=0), np.zeros(reports.shape[1], np.int64)
    else:
        counts = reports.sum(axis=0, dtype=np.int64)
        at_limit = (reports >= COUNT_LIMIT).sum(axis=0) - (reports <= -COUNT_LIMIT).sum(axis=0)
    return Totals(
        reports=len(reports), counts=tuple(counts.tolist()), at_limit=tuple(at_limit.tolist())
    )
