"""A lower bound on ε from reports of two neighbours: it refutes a claim, it never proves one.

Two stages, so that looking for the best event costs nothing: events are chosen on one half of the
reports and tested on the other. Both chances get a Clopper-Pearson bound, so the true ln of their
ratio is below the bound that is returned with a chance of at most ``alpha``. (Bichsel et al. 2018,
"DP-Finder"; Ding et al. 2018, "Detecting violations of differential privacy".)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, log

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

Reports = npt.NDArray[np.int16]
"""[N, S'] the counts of N reports."""
Flags = npt.NDArray[np.bool_]

_CHOOSING_ALPHA = 1e-3
_MOST_PATTERNS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What one pair of neighbours came to."""

    event: str
    hits: int
    """Of the tested reports of the one week."""
    hits_of_neighbour: int
    tested: int
    """Reports a side."""
    epsilon: float
    """The lower bound."""
    point: float
    """The plain ln of the ratio, for the eye."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """Conditions on single counts that must all hold: (category, at least, holds or does not)."""

    conditions: tuple[tuple[int, int, bool], ...]

    def flags(self, reports: Reports) -> Flags:
        held = np.ones(len(reports), dtype=np.bool_)
        for category, least, holds in self.conditions:
            held &= (reports[:, category] >= least) == holds
        return held

    def __str__(self) -> str:
        return " and ".join(
            f"count {category} {'≥' if holds else '<'} {least}"
            for category, least, holds in self.conditions
        )


def lower_bound(reports: Reports, neighbours: Reports, *, alpha: float) -> Bound:
    """Return a lower bound on ln(P(event | week) / P(event | neighbour)) for the best event."""
    half = len(reports) // 2
    event = _choose(reports[:half], neighbours[:half])
    hits = int(event.flags(reports[half:]).sum())
    others = int(event.flags(neighbours[half:]).sum())
    tested, tested_others = len(reports) - half, len(neighbours) - half
    low = _lower(hits, tested, alpha / 2)
    high = _upper(others, tested_others, alpha / 2)
    return Bound(
        event=str(event),
        hits=hits,
        hits_of_neighbour=others,
        tested=tested,
        epsilon=log(low / high) if low > 0 else -inf,
        point=log(hits / tested) - log(others / tested_others) if hits and others else inf,
    )


def _choose(reports: Reports, neighbours: Reports) -> _Event:
    """Return the event with the largest cautious ratio on this half."""
    events, hits, others = [], [], []
    for event, count, other in _candidates(reports, neighbours):
        events.append(event)
        hits.append(count)
        others.append(other)
    scores = _lower(np.array(hits), len(reports), _CHOOSING_ALPHA) / _upper(
        np.array(others), len(neighbours), _CHOOSING_ALPHA
    )
    return events[int(np.argmax(scores))]


def _candidates(reports: Reports, neighbours: Reports) -> Iterator[tuple[_Event, int, int]]:
    """Yield single counts, all pairs (x set and y clear among them) and whole-report patterns."""
    features = [
        (category, least)
        for least in _thresholds(np.concatenate([reports, neighbours]))
        for category in range(reports.shape[1])
    ]
    set_here, set_there = _flags(reports, features), _flags(neighbours, features)
    for holds, also in ((True, True), (True, False), (False, True), (False, False)):
        here = _joint(set_here == holds, set_here == also)
        there = _joint(set_there == holds, set_there == also)
        for first, second in np.argwhere(here > 0):
            conditions = {(*features[first], holds), (*features[second], also)}
            event = _Event(conditions=tuple(sorted(conditions)))
            yield event, int(here[first, second]), int(there[first, second])
    yield from _patterns(reports, neighbours)


def _thresholds(reports: Reports) -> tuple[int, ...]:
    """Return the values that split counts: all of them if few, else quantiles and the clip."""
    values = np.unique(reports)
    if len(values) <= 3:
        return tuple(int(value) for value in values[1:])
    quantiles = np.quantile(reports, (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98))
    return tuple(sorted({0, 1, 4, 8, *(int(value) for value in quantiles)}))


def _flags(reports: Reports, features: list[tuple[int, int]]) -> Flags:
    return np.stack([reports[:, category] >= least for category, least in features], axis=1)


def _joint(first: Flags, second: Flags) -> npt.NDArray[np.float32]:
    return first.astype(np.float32).T @ second.astype(np.float32)


def _patterns(reports: Reports, neighbours: Reports) -> Iterator[tuple[_Event, int, int]]:
    """Yield the commonest whole reports: which counts reach a threshold and which do not."""
    least = _thresholds(np.concatenate([reports, neighbours]))
    middle = least[len(least) // 2]
    patterns, counts = np.unique(reports >= middle, axis=0, return_counts=True)
    known, known_counts = np.unique(neighbours >= middle, axis=0, return_counts=True)
    there = {row.tobytes(): int(n) for row, n in zip(known, known_counts, strict=True)}
    for index in np.argsort(-counts)[:_MOST_PATTERNS]:
        row = patterns[index]
        event = _Event(
            conditions=tuple((category, middle, bool(flag)) for category, flag in enumerate(row))
        )
        yield event, int(counts[index]), there.get(row.tobytes(), 0)


def _lower(hits: npt.ArrayLike, trials: int, alpha: float) -> npt.NDArray[np.float64]:
    count = np.asarray(hits)
    return np.where(count > 0, beta.ppf(alpha, np.maximum(count, 1), trials - count + 1), 0.0)


def _upper(hits: npt.ArrayLike, trials: int, alpha: float) -> npt.NDArray[np.float64]:
    count = np.asarray(hits)
    some = beta.ppf(1 - alpha, count + 1, np.maximum(trials - count, 1))
    return np.where(count < trials, some, 1.0)
