"""Fitting head D: the rows of heads B and C side by side, and the gate between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model_export.evaluation.ranking import (
    PersonHistory,
    RankingQuality,
    Split,
    evaluate_ranking,
)
from model_export.heads.blend import BlendSettings
from model_export.heads.factors import ItemTable
from model_export.heads.fitted_head import FittedHead
from model_export.heads.linear import LinearSettings
from model_export.heads.timescales import TimescalesWeights
from model_export.heads.tuning import clearly_better, validation_value
from model_export.log import WatchLog

__all__ = ["EVEN", "Halves", "best_gate", "some_histories"]

EVEN = 1.0
_GATES = (0.03, 0.1, 0.3, 0.6, EVEN, 1.5, 2.0, 3.0, 5.0, 10.0, 100.0)
"""Where both heads' scores vary alike, for a typical history, the gate is even. At 100 head B tells
those apart whom head C knows nothing of, and orders titles for a household without history."""
_TYPICAL_HISTORIES = 200
_TINY = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True, slots=True, kw_only=True)
class Halves:
    """Both heads, fitted to one log, as one table: N titles."""

    table: ItemTable
    bias: NDArray[np.float32]
    """[N] ≥ 0, of head B."""
    timescales: TimescalesWeights
    linear: LinearSettings
    even: float
    """γ at which the scores of both vary alike."""

    @classmethod
    def of(cls, log: WatchLog, *, timescales: FittedHead, linear: FittedHead) -> Self:
        """Join both.

        Rows share one int8 scale, so those of head C are brought to the size of the others; as its
        user is of length 1, that changes nothing but the gate.

        Raises:
            TypeError: the heads are others.

        """
        if not (
            isinstance(timescales.settings, TimescalesWeights)
            and isinstance(linear.settings, LinearSettings)
        ):
            message = "a blend is one of heads timescales and linear"
            raise TypeError(message)
        rows, others = timescales.table.embeddings(), linear.table.embeddings()
        joined = np.column_stack([rows, others * (_size(rows) / max(_size(others), _TINY))])
        halves = cls(
            table=ItemTable.of(joined),
            bias=timescales.bias,
            timescales=timescales.settings,
            linear=linear.settings,
            even=1.0,
        )
        alone = halves.blended(EVEN).scorer()
        first = timescales.scorer()
        histories = some_histories(log)
        spread = [np.std(first(history)) for history in histories]
        added = [np.std(alone(history) - first(history)) for history in histories]
        return replace(halves, even=float(np.median(spread) / max(np.median(added), _TINY)))

    def blended(self, gate: float) -> FittedHead:
        """Return the head with γ = ``gate`` times what is even."""
        settings = BlendSettings(
            timescales=self.timescales, linear=self.linear, gate=gate * self.even
        )
        return FittedHead(table=self.table, bias=self.bias, settings=settings, validation=None)


def best_gate(
    split: Split, halves: Halves, *, settled: float | None = None
) -> tuple[float, RankingQuality]:
    """Return the gate that ranks best for the people of ``split``, and how well.

    Args:
        split: the people.
        halves: both heads, fitted to the rest.
        settled: γ of a model before, which stays unless the best is clearly better.

    """
    there = () if settled is None else (settled / halves.even,)
    found = {
        gate: evaluate_ranking(split, halves.blended(gate).scorer()) for gate in (*there, *_GATES)
    }
    gate = max(found, key=lambda gate: validation_value(found[gate]))
    if there and not clearly_better(found[gate], found[there[0]]):
        (gate,) = there
    return gate, found[gate]


def _size(rows: NDArray[np.float32]) -> float:
    """Return the median of the largest coordinates [N], of rows that are not zero."""
    largest = np.abs(rows).max(axis=1, initial=0.0)
    return float(np.median(largest[largest > 0])) if largest.any() else 1.0


def some_histories(log: WatchLog) -> list[PersonHistory]:
    """Return all of what up to 200 people watched, evenly spread over user numbers."""
    order = np.argsort(log.users, kind="stable")
    people, starts = np.unique(log.users[order], return_index=True)
    ends = np.append(starts[1:], len(order))
    chosen = np.linspace(0, len(people) - 1, min(_TYPICAL_HISTORIES, len(people))).astype(np.intp)
    rows = [order[starts[index] : ends[index]] for index in chosen]
    return [
        PersonHistory(
            items=log.items[own],
            completion=log.completion[own],
            watched_on=log.watched_on[own],
            now=int(log.watched_on[own[-1]]),
        )
        for own in rows
    ]
