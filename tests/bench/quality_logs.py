"""A log that models rank in: the rows of its quality tables, and how each is computed."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_export.comparison import Comparison, Row, compare, model_names
from model_export.heads.fit import torch_is_there
from model_export.log import WatchLog
from tests.bench.quality_rows import RowFiles
from tests.bench.rankers import PUBLISHED, Ask, published_row

__all__ = ["BASELINE", "RankedLog", "RowSettings", "own_rows"]

_SEGMENTS = 32
BASELINE = "ease"
_TRAINED = ("timescales", "blend")
"""Heads that need PyTorch."""


def own_rows(protocol: str, *, dimension: int) -> tuple[str, ...]:
    """Return the rows of this project under a protocol that can be computed here."""
    names = model_names(protocol, dimension=dimension, segments=_SEGMENTS)
    return tuple(name for name in names if torch_is_there() or not name.startswith(_TRAINED))


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSettings:
    """What the rows of all logs depend on."""

    dimension: int
    seed: int
    trainings: int
    """Of ``timescales``; the best counts."""
    directory: Path
    """Where rows are kept, person by person."""
    ask: Ask
    """Answers for published rankers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedLog:
    """One log with all that its rows depend on."""

    name: str
    """What tables call it."""
    kind: str
    """What figures call it, whatever its size."""
    log: WatchLog
    models: Mapping[str, Sequence[str]]
    """Its rows, in their order, by protocol."""
    shared: RowSettings

    @property
    def files(self) -> RowFiles:
        """Where its rows are kept."""
        shared = self.shared
        settings = f"d{shared.dimension}-seed{shared.seed}-trainings{shared.trainings}"
        words = "-".join(self.name.lower().split())
        return RowFiles(directory=shared.directory, log=f"{words}-{settings}")

    def row(self, protocol: str, model: str) -> Row:
        """Return a row as it was kept, or compute it and keep it."""
        row = self.files.found(protocol, model)
        if row is None:
            row = self._computed(protocol, model)
            self.files.keep(protocol, row)
        return row

    def baseline(self, protocol: str) -> str:
        """Return the row that gains are differences to: EASE if it is there, else popularity."""
        models = self.models[protocol]
        return BASELINE if BASELINE in models else models[-1]

    def table(self, protocol: str, model: str) -> dict[str, Any]:
        """Return a table of one row and the one that its gain is over, for JSON."""
        baseline = self.row(protocol, self.baseline(protocol))
        rows = {each.model: each for each in (self.row(protocol, model), baseline)}
        found = Comparison(
            protocol=protocol, people=len(baseline.recall_at_50), rows=tuple(rows.values())
        )
        return {**self.facts(protocol), **found.facts(baseline=baseline)}

    def facts(self, protocol: str) -> dict[str, Any]:
        """Return what two rows have in common that may stand in one table."""
        settings = {"seed": self.shared.seed, "trainings": self.shared.trainings}
        return {"log": self.name, **settings, "protocol": protocol}

    def _computed(self, protocol: str, model: str) -> Row:
        shared = self.shared
        if model in PUBLISHED:
            return published_row(self.log, protocol, model, seed=shared.seed, ask=shared.ask)
        (row,) = compare(
            self.log,
            protocol=protocol,
            dimension=shared.dimension,
            segments=_SEGMENTS,
            seed=shared.seed,
            trainings=shared.trainings,
            models=[model],
            progress=lambda what, done: _shown(f"{self.name}, {protocol}, {what}", done),
        ).rows
        return row


def _shown(what: str, done: float) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{done:4.0%} {what}\r")
