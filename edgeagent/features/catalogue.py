"""CatalogueView: the arrays of a catalogue, in the form the model takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import ModelRefused
from edgeagent.messages import Catalogue, Title

__all__ = ["TYPICAL_RUN_MINUTES", "CatalogueView"]

TYPICAL_RUN_MINUTES = 90
"""Used where the catalogue gives no run time: longer than an episode, so that a viewing given in
seconds does not count as complete too early."""
_STRIPE = 1024
"""Titles converted to float32 at a time: 512 KiB at D = 128 fit in a CPU cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueView:
    """A catalogue with N titles of D dimensions; column n belongs to ``titles[n]``."""

    space_id: str
    issued_at: int
    """Seconds UTC."""
    titles: tuple[Title, ...]
    index: Mapping[str, int]
    """entity_id → column."""
    vectors: NDArray[np.int8]
    """[N, D]: transposed from the file's [D, N]. Everything but a run of the graph over all titles
    reads single titles, which is three times faster when each is contiguous."""
    scale: NDArray[np.float32]
    """[N], > 0."""
    bias: NDArray[np.float32]
    """[N], finite."""
    run_seconds: NDArray[np.float64]
    """[N] > 0; a typical value where the catalogue gives none."""

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        """View a decoded catalogue as arrays.

        The data are copied, so that the file's bytes can be freed.

        Raises:
            ModelRefused: a scale is not a positive number, or a bias is not a number.

        """
        shape = (catalogue.header.dimension, catalogue.header.items)
        scale = np.frombuffer(catalogue.scale, dtype="<f4").astype(np.float32)
        bias = np.frombuffer(catalogue.bias, dtype="<f4").astype(np.float32)
        if not (np.isfinite(scale) & (scale > 0)).all():
            raise _refused("a scale is not a positive number")
        if not np.isfinite(bias).all():
            raise _refused("a bias is not a number")
        return cls(
            space_id=catalogue.header.space_id,
            issued_at=catalogue.header.issued_at,
            titles=catalogue.titles,
            index={title.entity_id: column for column, title in enumerate(catalogue.titles)},
            vectors=np.frombuffer(catalogue.rows, dtype=np.int8).reshape(shape).T.copy(),
            scale=scale,
            bias=bias,
            run_seconds=np.array(
                [60.0 * (title.run_minutes or TYPICAL_RUN_MINUTES) for title in catalogue.titles]
            ),
        )

    @property
    def dimension(self) -> int:
        """D."""
        dimension: int = self.vectors.shape[1]
        return dimension

    @property
    def rows(self) -> NDArray[np.int8]:
        """[D, N], the form the model takes."""
        return self.vectors.T

    def embeddings(self, columns: NDArray[np.intp]) -> NDArray[np.float32]:
        """Dequantise the embeddings of ``columns`` [K] as float32 [K, D]."""
        rows = self.vectors.take(columns, axis=0).astype(np.float32)
        rows *= self.scale.take(columns)[:, np.newaxis]
        return rows

    def scores(self, user: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return [N] ``candidates · user + bias``, as tensor contract 1 defines a score.

        Computed outside the graph, which would convert all rows to float32 at once.

        Args:
            user: [D].

        """
        products = np.empty(len(self.titles), dtype=np.float32)
        for start in range(0, len(products), _STRIPE):
            stripe = slice(start, start + _STRIPE)
            np.dot(self.vectors[stripe].astype(np.float32), user, out=products[stripe])
        products *= self.scale
        products += self.bias
        return products


def _refused(what: str) -> ModelRefused:
    return ModelRefused(
        f"Catalogue: {what}", hint="publish it again; until then the present one stays in use"
    )
