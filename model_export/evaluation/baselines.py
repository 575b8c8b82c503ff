"""What a segment model has to beat: popularity, item-kNN and EASE, with and without recency.

EASE is Steck 2019, "Embarrassingly shallow autoencoders for sparse data"; item-kNN with shrinkage
and few neighbours is the form that Ferrari Dacrema et al. 2019, "Are we really making much
progress?", found hard to beat. Every setting is chosen inside the training part, on people held out
as those of the test are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.clock import DAY_SECONDS
from edgeagent.errors import InputError
from model_export.evaluation.co_viewings import CoViewings, inverse_of
from model_export.evaluation.ranking import PersonHistory, Scorer, evaluate_ranking
from model_export.evaluation.splits import Aim, validation_split
from model_export.log import WatchLog

__all__ = [
    "Fitted",
    "ease_weights",
    "fit_ease",
    "fit_itemknn",
    "fit_popularity",
    "neighbour_weights",
]

_LAMBDAS = (100.0, 300.0, 1000.0)
_SHRINKAGES = (0.0, 10.0, 50.0)
_NEIGHBOURS = 100
_FADING_DAYS = (3.0, 10.0, 30.0, 100.0, 300.0)
_FADED = 0.1
_MAX_TITLES = 6000
"""The item-item models take the most watched ones: time grows with the cube, and the rest have
two or three viewings each in the logs at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A model that ranks, and its size."""

    score: Scorer
    size_bytes: int


def fit_popularity(training: WatchLog, *, recency: bool, aim: Aim = "later") -> Fitted:
    """Count viewings; with ``recency`` a viewing fades by e^(−age/τ), τ chosen on validation."""
    candidates = _FADING_DAYS if recency else (np.inf,)
    days = _choose(candidates, lambda log: lambda days: _popular(log, days), training, aim)
    return Fitted(score=_popular(training, days), size_bytes=4 * len(training.titles))


def fit_itemknn(training: WatchLog, *, aim: Aim = "later") -> Fitted:
    """Rank by the sum of shrunken cosines with what was watched, 100 neighbours a title."""

    def prepared(log: WatchLog) -> Callable[[float], Scorer]:
        part = _known_titles(log)
        gram = part.gram()
        return lambda shrinkage: _scorer(part, neighbour_weights(gram, shrinkage))

    shrinkage = _choose(_SHRINKAGES, prepared, training, aim)
    neighbours = min(_NEIGHBOURS, len(_known_titles(training).titles))
    return Fitted(
        score=prepared(training)(shrinkage), size_bytes=8 * neighbours * len(training.titles)
    )


def fit_ease(training: WatchLog, *, recency: bool, aim: Aim = "later") -> Fitted:
    """Fit EASE; with ``recency`` a viewing weighs max(e^(−age/τ), 0.1) in the history."""

    def prepared(log: WatchLog) -> Callable[[float], Scorer]:
        part = _known_titles(log)
        gram = part.gram()
        return lambda lambda_: _scorer(part, ease_weights(gram, lambda_))

    lambda_ = _choose(_LAMBDAS, prepared, training, aim)

    def faded(log: WatchLog) -> Callable[[float], Scorer]:
        part = _known_titles(log)
        weights = ease_weights(part.gram(), lambda_)
        return lambda days: _scorer(part, weights, days)

    days = _choose(_FADING_DAYS, faded, training, aim) if recency else np.inf
    return Fitted(
        score=faded(training)(days), size_bytes=4 * len(_known_titles(training).titles) ** 2
    )


def ease_weights(gram: NDArray[np.float32], lambda_: float) -> NDArray[np.float32]:
    """Return B [M, M] = −P / diag(P) with a zero diagonal, P = (XᵀX + λI)⁻¹ (Steck, eq. 8)."""
    inverse = inverse_of(gram + np.float32(lambda_) * np.eye(len(gram), dtype=np.float32))
    weights = np.asarray(-inverse / np.diag(inverse), dtype=np.float32)
    np.fill_diagonal(weights, 0.0)
    return weights


def neighbour_weights(gram: NDArray[np.float32], shrinkage: float) -> NDArray[np.float32]:
    """Return [M, M]: cosine, shrunk, of each title (column) with its 100 nearest, else 0."""
    lengths = np.sqrt(np.diag(gram))
    weights = np.asarray(gram / (np.outer(lengths, lengths) + shrinkage), dtype=np.float32)
    np.fill_diagonal(weights, 0.0)
    if len(gram) > _NEIGHBOURS:
        least = np.partition(weights, -_NEIGHBOURS, axis=0)[-_NEIGHBOURS]
        weights[weights < least] = 0.0
    return weights


def _known_titles(log: WatchLog) -> CoViewings:
    return CoViewings.of(log, most=_MAX_TITLES)


def _scorer(part: CoViewings, weights: NDArray[np.float32], days: float = np.inf) -> Scorer:
    """Score by history · weights; titles it does not know come last."""

    def score(history: PersonHistory) -> NDArray[np.floating]:
        places = part.place[history.items]
        fading = np.maximum(_faded(history.now - history.watched_on, days), _FADED)
        strength = np.zeros(len(part.titles), dtype=np.float32)
        np.maximum.at(strength, places[places >= 0], fading[places >= 0].astype(np.float32))
        known = np.flatnonzero(strength)
        scores = np.full(len(part.place), -np.inf)
        scores[part.titles] = strength[known] @ weights[known]
        return scores

    return score


def _popular(log: WatchLog, days: float) -> Scorer:
    weights = _faded(log.watched_on.max() - log.watched_on, days)
    sums = np.bincount(log.items, weights=weights, minlength=len(log.titles))
    counts = np.asarray(sums, dtype=np.float64)
    return lambda _history: counts


def _faded(age_seconds: NDArray[np.int64], days: float) -> NDArray[np.float64]:
    return np.asarray(np.exp(-age_seconds / DAY_SECONDS / days))


def _choose(
    candidates: Iterable[float],
    prepared: Callable[[WatchLog], Callable[[float], Scorer]],
    training: WatchLog,
    aim: Aim,
) -> float:
    """Return the candidate with the best NDCG on people held out of ``training``.

    The middle one where the log is too small to hold anybody out.
    """
    values = tuple(candidates)
    if len(values) == 1:
        return values[0]
    try:
        split = validation_split(training, aim=aim, seed=0)
    except InputError:
        return values[len(values) // 2]
    with_value = prepared(split.training)

    def worth(value: float) -> float:
        quality = evaluate_ranking(split, with_value(value))
        return float(quality.ndcg_at_10.mean() + quality.ndcg_at_100.mean())

    return max(values, key=worth)
