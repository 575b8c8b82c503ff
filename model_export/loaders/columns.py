"""Columns of tables: as arrays, with the first bad value named, and which of them nobody reads."""

from __future__ import annotations

from collections.abc import Callable, Collection
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from model_export.loaders import fields
from model_export.loaders.fields import Unreadable
from model_export.loaders.tables import RowBatch

__all__ = ["each_value", "moments", "refused", "unread"]

_ALIKE = 0.75
"""``genre`` and ``genres`` are 0.91 alike, ``rating`` and ``age_rating`` 0.75."""


def each_value(batch: RowBatch, field: str, read: Callable[[Any], Any]) -> list[Any]:
    """Return a column's values as ``read`` understands them.

    Raises:
        InputError: the first value that it does not, with its place.

    """
    values = []
    for row, value in enumerate(batch.columns[field]):
        try:
            values.append(read(value))
        except Unreadable as error:
            raise refused(batch, row, field, error) from error
    return values


def unread(column: str, known: Collection[str]) -> str:
    """Name a column that nobody reads, and the one of ``known`` that may have been meant."""
    if not column:
        return "a column without a name"
    near = get_close_matches(column, known, n=1, cutoff=_ALIKE) or [
        name for name in known if set(column.split("_")) & set(name.split("_"))
    ]
    return f"column {column!r}" + (f": is {near[0]!r} meant?" if near else "")


def refused(batch: RowBatch, row: int, field: str, expected: object) -> InputError:
    """Return the error that names one value and what was expected in its place."""
    found = fields.shown(batch.columns[field][row])
    return InputError(
        f"{batch.place(row)}, field {field!r}: found {found}, expected {expected}",
        hint="correct the row, or leave it out",
    )


def moments(batch: RowBatch) -> NDArray[np.int64]:
    """Return the column ``timestamp`` as seconds UTC.

    Raises:
        InputError: the first value that is no time, with its place.

    """
    try:  # one go for what nearly every log holds
        found = np.array(batch.columns["timestamp"], dtype=np.int64)
        for extreme in (found.min(), found.max()):
            fields.moment(int(extreme))
    except (ValueError, TypeError, OverflowError):
        return np.array(each_value(batch, "timestamp", _moment), dtype=np.int64)
    return found


def _moment(value: object) -> int:
    found = fields.moment(value)
    if found is None:
        raise Unreadable("seconds since 1970, or a time such as 2025-01-31T20:15:00Z")
    return found
