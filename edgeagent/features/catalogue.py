"""CatalogueView: the arrays of a catalogue, as the model takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import ModelRefused
from edgeagent.messages import Catalogue, Title

__all__ = ["CatalogueView"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueView:
    """A catalogue with N titles of D dimensions; column n belongs to ``titles[n]``."""

    space_id: str
    issued_at: int
    """Seconds UTC."""
    titles: tuple[Title, ...]
    index: Mapping[str, int]
    """entity_id → column."""
    rows: NDArray[np.int8]
    """[D, N], a read-only view of the file's own bytes."""
    scale: NDArray[np.float32]
    """[N], > 0."""
    bias: NDArray[np.float32]
    """[N], finite."""

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        """View a decoded catalogue as arrays.

        The rows, which are all but a few percent of the file, are not copied. Scale and bias are:
        they need not begin at a multiple of four bytes.

        Raises:
            ModelRefused: a scale that is not a positive number, or a bias that is no number.

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
            rows=np.frombuffer(catalogue.rows, dtype=np.int8).reshape(shape),
            scale=scale,
            bias=bias,
        )

    def embeddings(self, columns: NDArray[np.intp] | slice) -> NDArray[np.float32]:
        """Dequantise the embeddings of ``columns`` [K] as float32 [K, D]."""
        return self.rows[:, columns].T.astype(np.float32) * self.scale[columns, np.newaxis]


def _refused(what: str) -> ModelRefused:
    return ModelRefused(
        f"Catalogue: {what}", hint="publish it again; until then the one in use stays"
    )
