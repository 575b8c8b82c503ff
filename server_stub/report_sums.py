"""Sums of reports as the store holds them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import msgspec

from edgeagent.messages.report import COUNT_LIMIT
from edgeagent.privacy.estimation import Totals

__all__ = ["sum_counts"]

_CHUNK = 1000  # rows summed at a time, in C
_LIMIT_TEXT = str(COUNT_LIMIT)
"""Nearly all rows do not contain it and need no parsing for clamped counts."""


def sum_counts(rows: Iterable[str], *, categories: int) -> Totals:
    """Sum reports.

    Args:
        rows: the counts of each, as a JSON array.
        categories: S', how many counts each has.

    """
    counts = at_limit = (0,) * categories
    reports = 0
    decoder = msgspec.json.Decoder(tuple[int, ...])
    remaining = iter(rows)
    while chunk := tuple(islice(remaining, _CHUNK)):
        reports += len(chunk)
        counts = _add(counts, [decoder.decode(row) for row in chunk])
        clamped = [_at_limit(decoder.decode(row)) for row in chunk if _LIMIT_TEXT in row]
        at_limit = _add(at_limit, clamped)
    return Totals(reports=reports, counts=counts, at_limit=at_limit)


def _add(sums: tuple[int, ...], rows: list[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(sums, *rows, strict=True)))


def _at_limit(counts: tuple[int, ...]) -> tuple[int, ...]:
    return tuple((count >= COUNT_LIMIT) - (count <= -COUNT_LIMIT) for count in counts)
