"""Rows of quality tables as files, so that a run cut short goes on where it was.

One JSON file a row, person by person: gains are paired, and a row says nothing about another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from model_export.comparison import Row
from model_export.evaluation.ranking import RankingQuality

__all__ = ["RowFiles"]

_METRICS = tuple(field.name for field in fields(RankingQuality))
_SAME_SPLIT = {"segments": "global"}
"""A model makes the same row under both: they are trained and tested on the same viewings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFiles:
    """The rows of one log."""

    directory: Path
    log: str
    """Its name, with the options that its rows depend on."""

    def found(self, protocol: str, model: str) -> Row | None:
        """Return the row as it was computed, or nothing."""
        for path in self._paths(protocol, model):
            if path.exists():
                return _row(json.loads(path.read_text("utf-8")))
        return None

    def keep(self, protocol: str, row: Row) -> None:
        """Write a row; a file is there whole or not at all."""
        self.directory.mkdir(parents=True, exist_ok=True)
        path = self._paths(protocol, row.model)[0]
        part = path.with_suffix(".part")
        part.write_text(json.dumps(_facts(row)), "utf-8")
        part.replace(path)

    def forget(self, protocol: str, model: str) -> None:
        """Compute a row again."""
        for path in self._paths(protocol, model):
            path.unlink(missing_ok=True)

    def _paths(self, protocol: str, model: str) -> list[Path]:
        names = dict.fromkeys((protocol, _SAME_SPLIT.get(protocol, protocol)))
        name = model.replace(" ", "_")
        return [self.directory / f"{self.log}.{each}.{name}.json" for each in names]


def _facts(row: Row) -> dict[str, object]:
    people = {name: getattr(row.quality, name).tolist() for name in _METRICS}
    return {
        "model": row.model,
        "people": {**people, "recall_at_50": row.recall_at_50.tolist()},
        "coverage_fraction": row.coverage_fraction,
        "novelty_bits": row.novelty_bits,
        "seconds": row.seconds,
        "size_bytes": row.size_bytes,
    }


def _row(facts: dict[str, object]) -> Row:
    people = facts.pop("people")
    columns = {name: np.array(values) for name, values in people.items()}  # type: ignore[attr-defined]
    recall_at_50 = columns.pop("recall_at_50")
    return Row(quality=RankingQuality(**columns), recall_at_50=recall_at_50, **facts)  # type: ignore[arg-type]
