"""Sums of reports as the store holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

import msgspec

from edgeagent.messages.report import COUNT_LIMIT
from edgeagent.privacy.estimation import Totals

__all__ = ["sum_counts"]

_CHUNK = 1000  # rows summed at a time, in C


def sum_counts(
    rows: Iterable[str],
    *,
    categories: int,
    is_possible: Callable[[Sequence[int]], bool] = lambda _counts: True,
) -> Totals:
    """Sum reports.

    Args:
        rows: the counts of each, as a JSON array.
        categories: S', how many counts each has.
        is_possible: says of the counts of a report whether they are summed; all are by default,
            since reports were checked when they arrived.

    """
    counts = at_limit = (0,) * categories
    reports = 0
    decode = msgspec.json.Decoder(tuple[int, ...]).decode
    remaining = iter(rows)
    while chunk := tuple(islice(remaining, _CHUNK)):
        decoded = [row for row in map(decode, chunk) if is_possible(row)]
        reports += len(decoded)
        counts = _add(counts, decoded)
        # Nearly no report has a clamped count, and looking for one is cheap.
        clamped = [row for row in decoded if COUNT_LIMIT in row or -COUNT_LIMIT in row]
        at_limit = _add(at_limit, map(_at_limit, clamped))
    return Totals(reports=reports, counts=counts, at_limit=at_limit)


def _add(sums: tuple[int, ...], rows: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(sums, *rows, strict=True)))


def _at_limit(counts: tuple[int, ...]) -> tuple[int, ...]:
    return tuple((count >= COUNT_LIMIT) - (count <= -COUNT_LIMIT) for count in counts)
