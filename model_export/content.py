"""Embeddings for titles that nobody has watched yet, from what the catalogue says about them.

A ridge regression (Hoerl and Kennard 1970) from metadata to the embeddings of watched titles; the
map from attributes to factors is Gantner et al. 2010, "Learning attribute-to-feature mappings for
cold-start recommendations". λ is chosen on titles that are held out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import Title
from model_export.log import WatchLog

__all__ = ["metadata_features", "with_cold_rows"]

_RARE = 3
"""A feature of fewer titles tells nothing that carries over."""
_MAX_FEATURES = 4000
_LAMBDAS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
_HELD_OUT_FRACTION = 0.1
_MINIMUM_WARM = 20
_WORD = re.compile(r"[^\W\d_]{3,}")


def with_cold_rows(
    log: WatchLog, factors: NDArray[np.floating], *, seed: int
) -> NDArray[np.float32]:
    """Return factors [N, D] in which titles without viewings have a row made from metadata.

    Rows of watched titles stay as they are. Where fewer than 20 titles were watched, or a cold
    title shares no feature with them, the row stays zero: its score is its bias.
    """
    views = np.bincount(log.items, weights=log.completion, minlength=len(log.titles))
    warm, cold = np.flatnonzero(views > 0), np.flatnonzero(views == 0)
    filled = np.array(factors, dtype=np.float32)
    if len(warm) < _MINIMUM_WARM or not len(cold):
        return filled
    features = metadata_features(log.titles)
    known, targets = features[warm], np.asarray(factors[warm], dtype=np.float64)
    # An embedding made from many viewings is known better than one made from few.
    weights = np.log1p(views[warm])
    lambda_ = _best_lambda(known, targets, weights, seed=seed)
    rows = features[cold] @ _ridge(known, targets, weights, lambda_)
    rows[~(features[cold][:, :-1] != 0).any(axis=1)] = 0.0
    filled[cold] = rows
    return filled


def metadata_features(titles: Sequence[Title]) -> NDArray[np.float64]:
    """Return [N, F + 1] metadata features by idf, rows of unit length, and a constant last.

    Genres, kind, decade, series and the words of the name that at least three titles share, the
    4,000 commonest of them.
    """
    named = [tuple(dict.fromkeys(_names(title))) for title in titles]
    counts = Counter(name for names in named for name in names)
    shared = [name for name, count in counts.most_common(_MAX_FEATURES) if count >= _RARE]
    column = {name: number for number, name in enumerate(shared)}
    features = np.zeros((len(titles), len(shared) + 1))
    for row, names in enumerate(named):
        for name in names:
            if name in column:
                features[row, column[name]] = np.log(len(titles) / counts[name]) + 1.0
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    features /= np.where(lengths > 0, lengths, 1.0)
    features[:, -1] = 1.0
    return features


def _names(title: Title) -> Iterator[str]:
    yield f"kind {title.kind}"
    yield from (f"genre {genre.casefold()}" for genre in title.genres)
    if title.year is not None:
        yield f"decade {title.year // 10}"
    if title.series_id is not None:
        yield f"series {title.series_id}"
    yield from (f"word {word}" for word in _WORD.findall(title.title.casefold()))


def _ridge(
    features: NDArray[np.float64],
    targets: NDArray[np.float64],
    weights: NDArray[np.float64],
    lambda_: float,
) -> NDArray[np.float64]:
    """Return the map [F + 1, D] that minimises Σ w ‖x B − y‖² + λ ‖B‖²."""
    weighted = features * weights[:, np.newaxis]
    system = weighted.T @ features + lambda_ * np.eye(features.shape[1])
    return np.asarray(np.linalg.solve(system, weighted.T @ targets))


def _best_lambda(
    features: NDArray[np.float64],
    targets: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    seed: int,
) -> float:
    """Return the λ that leaves the least weighted error on a tenth of the titles."""
    order = np.random.default_rng(seed).permutation(len(targets))
    held = order[: max(1, round(_HELD_OUT_FRACTION * len(targets)))]
    rest = order[len(held) :]

    def error(lambda_: float) -> float:
        found = features[held] @ _ridge(features[rest], targets[rest], weights[rest], lambda_)
        return float((weights[held, np.newaxis] * (found - targets[held]) ** 2).sum())

    return min(_LAMBDAS, key=error)
