"""What head B learns from: every prefix of everybody's history and what was watched next.

A person's viewings are cut into blocks; each viewing of a block is a target, and what it is
predicted from reaches back over the block before, too. Blocks begin elsewhere in every round.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from model_export.log import WatchLog

__all__ = ["Batch", "batches", "rows_by_person"]

_BLOCK = 128
_JITTER = 20.0
"""Blocks of about the same length are computed together; which ones changes every round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """B blocks, padded to C viewings of history and T targets."""

    history: NDArray[np.int64]
    """[B, C] rows of the log, oldest first; 0 where there is none."""
    there: NDArray[np.bool_]
    """[B, C] where there is one."""
    last: NDArray[np.int64]
    """[B, T] which of the C is the newest that a target is predicted from."""
    target: NDArray[np.int64]
    """[B, T] row of the log, −1 where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Targets ``first`` … ``end`` − 1 of one person's rows, predicted from ``begin`` onwards."""

    rows: NDArray[np.intp]
    begin: int
    first: int
    end: int


def rows_by_person(log: WatchLog) -> tuple[NDArray[np.intp], ...]:
    """Return everybody's rows in order of time; those of which nothing was watched are left out.

    People with fewer than two viewings have nothing to predict, or nothing to predict it from.
    """
    order = np.argsort(log.users, kind="stable")
    order = order[log.completion[order] > 0]
    bounds = np.searchsorted(log.users[order], np.arange(log.user_count + 1))
    people = (order[start:end] for start, end in pairwise(bounds))
    return tuple(rows for rows in people if len(rows) > 1)


def batches(
    people: Sequence[NDArray[np.intp]], *, size: int, ahead: int, rng: np.random.Generator
) -> Iterator[Batch]:
    """Yield everything there is to learn, once, in random order.

    Args:
        people: from :func:`rows_by_person`.
        size: about how many targets a batch has.
        ahead: a target is drawn from so many viewings to come; 1 is the next one.
        rng: of order, cuts and targets.

    """
    blocks = [block for rows in people for block in _blocks(rows, rng)]
    lengths = np.array([block.end - block.begin for block in blocks])
    order = np.argsort(lengths + rng.uniform(0, _JITTER, len(blocks)), kind="stable")
    targets = np.array([blocks[place].end - blocks[place].first for place in order])
    groups = np.split(order, np.flatnonzero(np.diff(np.cumsum(targets) // size)) + 1)
    for group in rng.permutation(len(groups)):
        yield _padded([blocks[place] for place in groups[group]], ahead=ahead, rng=rng)


def _blocks(rows: NDArray[np.intp], rng: np.random.Generator) -> Iterator[_Block]:
    count = len(rows)
    cut = int(rng.integers(1, _BLOCK + 1)) if count > _BLOCK else _BLOCK
    starts = [0, *range(cut, count, _BLOCK)]
    for start, end in zip(starts, [*starts[1:], count], strict=True):
        if end > max(start, 1):
            yield _Block(rows=rows, begin=max(0, start - _BLOCK), first=max(start, 1), end=end)


def _padded(blocks: Sequence[_Block], *, ahead: int, rng: np.random.Generator) -> Batch:
    width = max(block.end - 1 - block.begin for block in blocks)
    depth = max(block.end - block.first for block in blocks)
    history = np.zeros((len(blocks), width), dtype=np.int64)
    there = np.zeros((len(blocks), width), dtype=np.bool_)
    last = np.zeros((len(blocks), depth), dtype=np.int64)
    target = np.full((len(blocks), depth), -1, dtype=np.int64)
    for place, block in enumerate(blocks):
        past, count = block.end - 1 - block.begin, block.end - block.first
        history[place, :past] = block.rows[block.begin : block.end - 1]
        there[place, :past] = True
        positions = np.arange(block.first, block.end)
        last[place, :count] = positions - 1 - block.begin
        drawn = positions + rng.integers(0, ahead, count)
        target[place, :count] = block.rows[np.minimum(drawn, len(block.rows) - 1)]
    return Batch(history=history, there=there, last=last, target=target)
