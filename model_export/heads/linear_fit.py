"""Fitting head C to a log: the closed form, and its settings chosen on validation data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from model_export.evaluation.co_viewings import CoViewings, inverse_of
from model_export.evaluation.ranking import RankingQuality, Split, evaluate_ranking
from model_export.evaluation.splits import validation_split
from model_export.heads.encoders import history_scorer
from model_export.heads.factors import ItemTable
from model_export.heads.linear import LinearEncoder, LinearSettings
from model_export.heads.tuning import (
    FADINGS,
    NO_FADING,
    FitOrder,
    clearly_better,
    climb,
    validation_value,
)
from model_export.log import WatchLog

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

__all__ = [
    "KNOWN",
    "LENGTHS",
    "MAX_TITLES",
    "LinearTuned",
    "co_viewings",
    "fit_rows",
    "shortened",
    "tune_linear",
    "with_room_for_known",
]

MAX_TITLES = 15_000
"""Watched ones. The closed form takes the cube of them in time, minutes here on two cores, and
three squares of them in memory: 2.7 GB. Where fewer people than that watched, one side of a square
is their number, and so many more titles fit: 5,000 people may have watched 45,000."""
LENGTHS = (64, 128, 256)
"""D to choose from. At 512 a log of a million viewings would gain 0.003 NDCG@100 more, for twice
the bytes; an eighth of that log gains nothing clear above 128."""
KNOWN = 1 / 16
"""The last coordinate is this times h. No coordinate of a row exceeds its h (the rows of Q are no
longer than 1, and s < 1); at 1/16 the last is the largest of every second row, so that its int8
form is good to about 1 % and the others keep their precision. At 1 they would not: −0.003 of 0.392
NDCG@100 on the panel."""
_START = (300.0, 0.5)
_STEPS = (3.0, 2.0)
_MAX_FITS = 12
_BLOCK = 2_000
"""Titles solved for at once, in float64, where the system is one over people."""
_WORTH_LENGTH = 1.0
"""Paired standard errors by which longer rows have to win: they cost every box bytes and time."""
_WHOLE_SPECTRUM = 500
"""Titles up to which all eigenvectors are found, which is as fast as finding some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearTuned:
    """The settings that validation chose."""

    settings: LinearSettings
    dimension: int
    """D."""
    validation: RankingQuality | None
    """Of these settings; ``None`` where the log is too small to hold anybody out."""


def co_viewings(log: WatchLog) -> CoViewings:
    """Count who watched what; a viewing of which nothing was watched is none."""
    return CoViewings.of(log.select(log.completion > 0), most=len(log.titles))


def fit_rows(
    viewed: CoViewings, settings: LinearSettings, *, dimension: int
) -> NDArray[np.float32]:
    """Return rows [I, D] in closed form; those of titles that nobody watched are zero.

    Args:
        viewed: who watched what.
        settings: λ and δ.
        dimension: D = k + 1.

    """
    rows = np.zeros((len(viewed.place), dimension), dtype=np.float32)
    people, titles = viewed.watched.shape
    if not titles:
        return rows
    weight = viewed.viewers
    diagonal = weight * settings.dropout_ratio + settings.regularization
    form = _over_people if people < titles else _over_titles
    likeness, h = form(viewed, diagonal)
    strength, directions = _strongest(likeness, count=dimension - 1)
    # In units of a typical viewing: a log that grows does not move every row.
    h /= KNOWN * np.sqrt(np.average(h**2, weights=weight))
    rows[viewed.titles, : len(strength)] = directions * np.sqrt(strength) * h[:, np.newaxis]
    rows[viewed.titles, -1] = KNOWN * h
    return rows


def shortened(rows: NDArray[np.float32], *, dimension: int) -> NDArray[np.float32]:
    """Return rows [N, D] as a fit of fewer directions makes them."""
    return np.column_stack([rows[:, : dimension - 1], rows[:, -1]])


def _over_titles(
    viewed: CoViewings, diagonal: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return S [M, M] and h [M]."""
    system = viewed.gram()
    np.fill_diagonal(system, np.diag(system) + diagonal)
    inverse = inverse_of(system)
    h = np.asarray(1 / np.sqrt(np.diag(inverse)), dtype=np.float32)
    likeness = np.asarray(inverse * -h * h[:, np.newaxis], dtype=np.float32)
    np.fill_diagonal(likeness, 0.0)
    return likeness, h


def _over_people(
    viewed: CoViewings, diagonal: NDArray[np.float32]
) -> tuple[LinearOperator, NDArray[np.float32]]:
    """Return S as an operator, and h [M], from a system as large as there are P people.

    With Z = L⁻¹ X and L Lᵀ = I + X diag(d)⁻¹ Xᵀ, Woodbury's identity makes
    A = diag(d)⁻¹ − diag(d)⁻¹ Zᵀ Z diag(d)⁻¹, of which S takes what is off the diagonal.
    """
    from scipy.linalg import cholesky, solve_triangular  # noqa: PLC0415  (half a second)
    from scipy.sparse.linalg import LinearOperator  # noqa: PLC0415

    watched = viewed.watched
    system = (watched.multiply(1 / diagonal) @ watched.T).toarray().astype(np.float64)
    np.fill_diagonal(system, np.diag(system) + 1.0)
    lower, by_title = cholesky(system, lower=True), watched.tocsc()
    factor, own = np.empty(watched.shape, dtype=np.float32), np.empty(watched.shape[1])
    for begin in range(0, len(own), _BLOCK):
        part = slice(begin, begin + _BLOCK)
        half = solve_triangular(lower, by_title[:, part].toarray(), lower=True)
        own[part] = (half**2).sum(axis=0)
        factor[:, part] = half
    h = 1 / np.sqrt((1 - own / diagonal) / diagonal)
    factor *= np.asarray(h / diagonal, dtype=np.float32)
    square = np.asarray(own * (h / diagonal) ** 2, dtype=np.float32)

    def times(vector: NDArray[np.float32]) -> NDArray[np.float32]:
        flat = vector.ravel()
        return np.asarray(factor.T @ (factor @ flat) - square * flat)

    shape = (len(h), len(h))
    return LinearOperator(shape, matvec=times, dtype=np.float32), h.astype(np.float32)


def with_room_for_known(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows [N, D] whose last coordinate is no smaller than a closed form makes it.

    Rows that were guessed from metadata, or held near those before, could otherwise say much for
    others from a viewing that says next to nothing.
    """
    least = KNOWN * np.abs(rows[:, :-1]).max(axis=1, initial=0.0)
    return np.column_stack([rows[:, :-1], np.maximum(rows[:, -1], least)])


def tune_linear(log: WatchLog, order: FitOrder) -> LinearTuned:
    """Choose settings on people of ``log`` held out as :func:`validation_split` does.

    From (λ, δ) = (300, 1/2), or from what is settled, climb to the best neighbour a factor of
    three or two away until none is better; then choose how viewings fade, and how long rows are.
    """
    settled = order.settled if isinstance(order.settled, LinearSettings) else None
    try:
        split = validation_split(log, aim=order.aim, seed=order.seed)
    except InputError:
        return LinearTuned(
            settings=settled or _unfading(_START), dimension=order.dimension, validation=None
        )
    search = _LinearTrials(split, order)
    start = (settled.regularization, settled.dropout_ratio) if settled else _START
    best = _unfading(
        climb(
            start,
            steps=_STEPS,
            height=lambda point: validation_value(search.quality(_unfading(point))),
            most=_MAX_FITS,
        )
    )
    order.progress("Choosing how viewings fade", 0.9)
    chosen = max(
        (replace(best, decay_days=days, floor=floor) for days, floor in FADINGS),
        key=lambda settings: validation_value(search.quality(settings)),
    )
    if settled is not None and not clearly_better(search.quality(chosen), search.quality(settled)):
        chosen = settled
    return search.at_its_length(chosen)


class _LinearTrials:
    """Judges settings by what the box will do with the rows they make."""

    def __init__(self, split: Split, order: FitOrder) -> None:
        self._split = split
        self._order = order
        self._viewed = co_viewings(split.training)
        self._rows: dict[tuple[float, float], NDArray[np.float32]] = {}

    def quality(self, settings: LinearSettings) -> RankingQuality:
        """Return how well these settings rank."""
        return self._judged(self._fitted(settings), settings)

    def at_its_length(self, settings: LinearSettings) -> LinearTuned:
        """Return settings with the least D that no other is worth its bytes against."""
        order = self._order
        found = {order.dimension: self.quality(settings)}
        if order.lengths:
            order.progress("Choosing how long embeddings are", 0.93)
            longest = fit_rows(self._viewed, settings, dimension=max(order.lengths))
            found = {
                length: self._judged(shortened(longest, dimension=length), settings)
                for length in sorted(order.lengths)
            }
        best = max(found.values(), key=validation_value)
        dimension, quality = next(
            (length, quality)
            for length, quality in found.items()
            if not clearly_better(best, quality, errors=_WORTH_LENGTH)
        )
        return LinearTuned(settings=settings, dimension=dimension, validation=quality)

    def _judged(self, rows: NDArray[np.float32], settings: LinearSettings) -> RankingQuality:
        """Judge rows [N, D] as the box will have them."""
        shipped = ItemTable.of(rows).embeddings()
        score = history_scorer(LinearEncoder(shipped, settings), shipped, np.zeros(len(rows)))
        return evaluate_ranking(self._split, score)

    def _fitted(self, settings: LinearSettings) -> NDArray[np.float32]:
        """Return the rows [N, D]."""
        key = (settings.regularization, settings.dropout_ratio)
        if key not in self._rows:
            self._order.progress(
                f"Trying λ = {key[0]:.3g}, δ = {key[1]:.3g}", 0.85 * len(self._rows) / _MAX_FITS
            )
            dimension = self._order.dimension
            self._rows[key] = fit_rows(self._viewed, settings, dimension=dimension)
        return self._rows[key]


def _strongest(
    likeness: NDArray[np.float32] | LinearOperator, *, count: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the ``count`` largest eigenvalues that are positive, and their vectors as columns."""
    from scipy.linalg import eigh  # noqa: PLC0415  (half a second)
    from scipy.sparse.linalg import eigsh  # noqa: PLC0415

    titles = likeness.shape[0]
    if titles <= max(_WHOLE_SPECTRUM, 2 * count):
        whole = likeness @ np.eye(titles, dtype=np.float32)
        values, vectors = eigh(whole, check_finite=False)
    else:
        # One start for all, so that equal logs give equal rows.
        start = np.ones(titles, dtype=np.float32)
        values, vectors = eigsh(likeness, k=count, which="LA", v0=start)
    largest = np.argsort(-values, kind="stable")[:count]
    largest = largest[values[largest] > 0]
    return values[largest], vectors[:, largest]


def _unfading(point: tuple[float, float]) -> LinearSettings:
    return LinearSettings(
        regularization=point[0],
        dropout_ratio=point[1],
        decay_days=NO_FADING[0],
        floor=NO_FADING[1],
    )
