"""Embeddings for titles that nobody has watched yet, from what the catalogue says about them.

A ridge regression (Hoerl and Kennard 1970) from metadata to the embeddings of watched titles; the
map from attributes to factors is Gantner et al. 2010, "Learning attribute-to-feature mappings for
cold-start recommendations". A title is a bag of tokens in each of several fields (genres, people,
keywords, …); what a field is worth, and λ, are chosen by how well each watched title is told from
all the others, in closed form (Allen 1974's PRESS, with a kernel a field).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from model_export.log import WatchLog
from model_export.metadata import NOTHING_KNOWN, bags

__all__ = ["Bags", "FieldMatrix", "field_matrices", "log_bags", "with_cold_rows"]

Bags = Mapping[str, tuple[str, ...]]
"""The distinct tokens of one title by field; absent fields say nothing."""

_RARE = 2
"""A token of fewer titles tells nothing that carries over."""
_MAX_TOKENS = 3000
"""The commonest of each field."""
_SAMPLE = 800
"""Watched titles that choose: one candidate costs the cube of this."""
_LAMBDAS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_STEP = 4.0
_PASSES = 2
_MINIMUM_WARM = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMatrix:
    """One field: T tokens that enough of N titles share."""

    field: str
    tokens: NDArray[np.int64]
    """[M] column of each mention."""
    titles: NDArray[np.int64]
    """[M] row of each mention."""
    values: NDArray[np.float64]
    """[M] by inverse document frequency; the row of a title is of unit length."""
    shape: tuple[int, int]
    """(N, T)."""

    def dense(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return some rows, [R, T]."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415  (half a second)

        matrix = csr_matrix((self.values, (self.titles, self.tokens)), shape=self.shape)
        return np.asarray(matrix[rows].toarray())


def log_bags(log: WatchLog) -> tuple[Bags, ...]:
    """Return what the log's catalogue says of each title."""
    return tuple(
        bags(title, log.metadata.get(title.entity_id, NOTHING_KNOWN)) for title in log.titles
    )


def with_cold_rows(
    log: WatchLog,
    factors: NDArray[np.floating],
    *,
    seed: int,
    more: Sequence[WatchLog] = (),
) -> NDArray[np.float32]:
    """Return factors [N, D] in which titles without viewings have a row made from metadata.

    Rows of watched titles stay as they are. Where fewer than 20 titles were watched, or a cold
    title shares no token with them, the row stays zero: its score is its bias.

    Args:
        log: with what its catalogue says of titles.
        factors: of all titles.
        seed: of the titles that λ is chosen on.
        more: further viewings that the factors were learnt from.

    """
    views = np.zeros(len(log.titles))
    for part in chain([log], more):
        views += np.bincount(part.items, weights=part.completion, minlength=len(views))
    warm, cold = np.flatnonzero(views > 0), np.flatnonzero(views == 0)
    filled = np.array(factors, dtype=np.float32)
    if len(warm) < _MINIMUM_WARM or not len(cold):
        return filled
    fields = field_matrices(log_bags(log), warm)
    targets = np.asarray(factors[warm], dtype=np.float64)
    # An embedding made from many viewings is known better than one made from few.
    weights = np.log1p(views[warm])
    weights /= weights.mean()
    worth, lambda_ = _chosen(fields, warm, targets, weights, seed=seed)
    known, new = (_features(fields, worth, rows) for rows in (warm, cold))
    rows = new @ _ridge(known, targets, weights, lambda_)
    rows[~(new[:, :-1] != 0).any(axis=1)] = 0.0
    filled[cold] = rows
    return filled


def field_matrices(titles: Sequence[Bags], warm: NDArray[np.intp]) -> tuple[FieldMatrix, ...]:
    """Return a matrix for each field of which at least two watched titles share a token.

    Args:
        titles: [N].
        warm: which of them were watched: only their tokens can be learnt.

    """
    names = dict.fromkeys(name for title in titles for name in title)
    fields = (_field_matrix(name, [t.get(name, ()) for t in titles], warm) for name in names)
    return tuple(field for field in fields if field.shape[1])


def _field_matrix(
    name: str, titles: Sequence[tuple[str, ...]], warm: NDArray[np.intp]
) -> FieldMatrix:
    counts = Counter(token for row in warm for token in titles[row])
    shared = [token for token, count in counts.most_common(_MAX_TOKENS) if count >= _RARE]
    column = {token: number for number, token in enumerate(shared)}
    mentions = [
        (row, column[token], np.log(len(warm) / counts[token]) + 1.0)
        for row, tokens in enumerate(titles)
        for token in tokens
        if token in column
    ]
    rows = np.array([row for row, _, _ in mentions], dtype=np.int64)
    values = np.array([value for _, _, value in mentions], dtype=np.float64)
    squares = np.bincount(rows, weights=values**2, minlength=len(titles))
    return FieldMatrix(
        field=name,
        tokens=np.array([token for _, token, _ in mentions], dtype=np.int64),
        titles=rows,
        values=values / np.sqrt(squares[rows]),
        shape=(len(titles), len(shared)),
    )


def _features(
    fields: Sequence[FieldMatrix], worth: NDArray[np.float64], rows: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return [R, F + 1]: all fields side by side, and a constant."""
    parts = [
        np.sqrt(own) * field.dense(rows) for field, own in zip(fields, worth, strict=True) if own
    ]
    return np.hstack([*parts, np.ones((len(rows), 1))])


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


def _chosen(
    fields: Sequence[FieldMatrix],
    warm: NDArray[np.intp],
    targets: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    seed: int,
) -> tuple[NDArray[np.float64], float]:
    """Return what each field is worth, and λ: first λ, then field by field, then λ again."""
    sample = np.random.default_rng(seed).permutation(len(warm))[:_SAMPLE]
    rows = [field.dense(warm[sample]) for field in fields]
    error = _left_out_error([r @ r.T for r in rows], targets[sample], weights[sample])
    worth = np.ones(len(fields))
    lambda_ = min(_LAMBDAS, key=lambda own: error(worth, own))
    for _ in range(_PASSES):
        for place in range(len(fields)):
            tried = [worth.copy() for _ in range(4)]
            for each, own in zip(tried[1:], (0.0, 1 / _STEP, _STEP), strict=True):
                each[place] *= own
            worth = min(tried, key=lambda own: error(own, lambda_))
        lambda_ = min(_LAMBDAS, key=lambda own: error(worth, own))
    return worth, lambda_


def _left_out_error(
    kernels: Sequence[NDArray[np.float64]],
    targets: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> Callable[[NDArray[np.float64], float], float]:
    """Return Σ w ‖y − ŷ‖² where each ŷ is told by a regression on all the other titles."""

    def error(worth: NDArray[np.float64], lambda_: float) -> float:
        kernel = np.ones((len(targets), len(targets)))  # of the constant
        for own, part in zip(worth, kernels, strict=True):
            kernel += own * part
        inverse = np.linalg.inv(kernel + np.diag(lambda_ / weights))
        left_out = (inverse @ targets) / np.diag(inverse)[:, np.newaxis]
        return float((weights * (left_out**2).sum(axis=1)).sum())

    return error
