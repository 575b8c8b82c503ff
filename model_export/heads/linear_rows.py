"""The rows of head C for given settings, whatever the number of titles and people.

Of the inverse A (:mod:`model_export.heads.linear`) only its diagonal is needed, that is h. For
hAh = I − S is the inverse of B = h⁻¹ (XᵀX + D) h⁻¹, which is sparse: the directions of S are those
of B, and s = 1 − 1/μ, so the largest eigenvalues μ of B give the largest s.

For few titles the diagonal is exact. For more it is estimated (Bekas, Kokiopoulou and Saad 2007,
"An estimator for the diagonal of a matrix"): A_ii is about the mean of z_i (Az)_i over N draws of
z ∈ {±1}ᴹ, with a relative standard error of ‖S_i‖ / √N. That of h is half of it: 0.3 to 0.9 %,
weighted by viewers, at the N here on MovieLens small, the invented panel and invented logs of
2,000 to 9,000 titles. Beside exact ones such rows rank the same, within 0.001 NDCG@100.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model_export.evaluation.co_viewings import CoViewings, inverse_of
from model_export.heads.linear import LinearSettings

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

__all__ = ["KNOWN", "fit_rows", "shortened", "with_room_for_known"]

KNOWN = 1 / 16
"""The last coordinate is this times h. No coordinate of a row exceeds its h (the rows of Q are no
longer than 1, and s < 1); at 1/16 the last is the largest of every second row, so that its int8
form is good to about 1 % and the others keep their precision. At 1 they would not: −0.003 of 0.392
NDCG@100 on the panel."""
_EXACT = 2_000
"""Titles up to which h is exact: an inverse of so many takes a second, however long the log is."""
_DRAWS, _AT_ONCE = 128, 32
"""N, and how many are solved for at once, which bounds the memory: 128 bytes a title and person."""
_RESIDUAL = 0.01
"""Of the draws, at which conjugate gradients end: a tenth of it changes no error above."""
_WHOLE_SPECTRUM = 500
"""Titles up to which all eigenvectors are found, which is as fast as finding some."""
_TOLERANCE = 1e-3
"""Of an eigenvalue, relative; what is left mixes only directions of like strength."""


def fit_rows(
    viewed: CoViewings, settings: LinearSettings, *, dimension: int
) -> NDArray[np.float32]:
    """Return rows [I, D]; those of titles that nobody watched are zero.

    Args:
        viewed: who watched what.
        settings: λ and δ.
        dimension: D = k + 1.

    """
    rows = np.zeros((len(viewed.place), dimension), dtype=np.float32)
    titles = len(viewed.titles)
    if not titles:
        return rows
    weight = viewed.viewers
    diagonal = weight * settings.dropout_ratio + settings.regularization
    form = _dense if titles <= _EXACT else _sparse
    scaled, h = form(viewed, diagonal)
    strength, directions = _strongest(scaled, count=dimension - 1)
    # In units of a typical viewing: a log that grows does not move every row.
    h = h / (KNOWN * np.sqrt(np.average(h**2, weights=weight)))
    rows[viewed.titles, : len(strength)] = directions * np.sqrt(strength) * h[:, np.newaxis]
    rows[viewed.titles, -1] = KNOWN * h
    return rows


def shortened(rows: NDArray[np.float32], *, dimension: int) -> NDArray[np.float32]:
    """Return rows [N, D] as a fit of fewer directions makes them."""
    return np.column_stack([rows[:, : dimension - 1], rows[:, -1]])


def with_room_for_known(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows [N, D] whose last coordinate is no smaller than a fit makes it.

    Rows that were guessed from metadata, or held near those before, could otherwise say much for
    others from a viewing that says next to nothing.
    """
    least = KNOWN * np.abs(rows[:, :-1]).max(axis=1, initial=0.0)
    return np.column_stack([rows[:, :-1], np.maximum(rows[:, -1], least)])


def _dense(
    viewed: CoViewings, diagonal: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return B [M, M] and h [M], where ``diagonal`` [M] is that of D."""
    system = viewed.gram()
    np.fill_diagonal(system, np.diag(system) + diagonal)
    h = np.asarray(1 / np.sqrt(np.diag(inverse_of(system.copy()))), dtype=np.float32)
    return np.asarray(system / h / h[:, np.newaxis], dtype=np.float32), h


def _sparse(
    viewed: CoViewings, diagonal: NDArray[np.float32]
) -> tuple[LinearOperator, NDArray[np.float32]]:
    """Return B [M, M] as an operator, and h [M] by estimate."""
    root = np.sqrt(diagonal)
    inverse = _diagonal_of_inverse(_system(viewed, root, np.ones_like(root)))
    # Of D^½ A D^½. What others say of a title's viewers is between nothing and everything.
    inverse = np.clip(inverse, diagonal / (diagonal + viewed.viewers), 1.0)
    h = np.asarray(root / np.sqrt(inverse), dtype=np.float32)
    return _system(viewed, h, diagonal / h**2), h


def _system(
    viewed: CoViewings, divided: NDArray[np.float32], added: NDArray[np.float32]
) -> LinearOperator:
    """Return YᵀY + diag(added) [M, M], Y being X whose columns are ``divided``."""
    from scipy.sparse.linalg import LinearOperator  # noqa: PLC0415  (half a second)

    part = viewed.watched.multiply(1 / divided).tocsr()

    def times(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray((vectors.T * added).T + part.T @ (part @ vectors))

    shape = (len(added), len(added))
    return LinearOperator(shape, matvec=times, matmat=times, dtype=np.float32)


def _diagonal_of_inverse(system: LinearOperator) -> NDArray[np.float64]:
    """Estimate it [M]; the same draws for all, so that equal logs give equal rows.

    Draws solved for at once are one system to conjugate gradients, of as many steps as one draw.
    """
    from scipy.sparse.linalg import LinearOperator, cg  # noqa: PLC0415  (half a second)

    shape = (system.shape[0], _AT_ONCE)
    draw = np.random.default_rng(0)

    def times(flat: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(system.matmat(flat.reshape(shape))).ravel()

    size = shape[0] * shape[1]
    together = LinearOperator((size, size), matvec=times, dtype=np.float32)
    total = np.zeros(shape[0])
    for _ in range(_DRAWS // _AT_ONCE):
        signs = draw.choice(np.array([-1, 1], dtype=np.float32), size=size)
        solved, _ = cg(together, signs, rtol=_RESIDUAL)
        total += (signs * solved).reshape(shape).sum(axis=1)
    return total / _DRAWS


def _strongest(
    scaled: NDArray[np.float32] | LinearOperator, *, count: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the ``count`` largest s that are positive, and their vectors as columns, of B."""
    from scipy.linalg import eigh  # noqa: PLC0415  (half a second)
    from scipy.sparse.linalg import eigsh  # noqa: PLC0415

    titles = scaled.shape[0]
    if titles <= max(_WHOLE_SPECTRUM, 2 * count):
        values, vectors = eigh(scaled @ np.eye(titles, dtype=np.float32), check_finite=False)
    else:
        # One start for all, as with the draws. With half more vectors than wanted, fewer are
        # computed in all than with twice as many, the default.
        start, kept = np.ones(titles, dtype=np.float32), max(20, 3 * count // 2)
        values, vectors = eigsh(scaled, k=count, which="LA", v0=start, ncv=kept, tol=_TOLERANCE)
    largest = np.argsort(-values, kind="stable")[:count]
    largest = largest[values[largest] > 1]
    return np.asarray(1 - 1 / values[largest]), vectors[:, largest]
