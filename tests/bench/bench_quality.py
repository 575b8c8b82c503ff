"""How well the heads rank, beside EASE, item-kNN and popularity, under five protocols.

``python -m tests.bench.bench_quality`` makes the tables of the page beside it, as JSON too: every
protocol on the invented panel and, with ``--ratings``, on a log of your own. PyTorch adds the rows
of head ``timescales``, which take most of the time. Each row is kept in ``--rows`` as soon as it is
computed: a run that was cut short goes on with the next one when it is started again with the same
options, and tables of other logs that ``--out`` holds stay. ``--again MODEL`` computes a model's
rows again, ``--found`` computes none. ``--models`` computes those rows and the one that gains are
differences to, and leaves the other rows and tables that ``--out`` holds as they are: a new head
need not wait for an hour of old ones. What ``--out tests/bench/quality.json`` holds, ``python -m
tests.pages`` puts into the page beside it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_export.comparison import PROTOCOLS, Comparison, Row, compare, model_names
from model_export.heads.fit import torch_is_there
from model_export.loaders import load_log
from model_export.log import WatchLog
from model_export.synthetic import synthetic_panel
from tests.bench.figures import say
from tests.bench.quality_rows import RowFiles
from tests.bench.quality_tables import markdown, with_table

_SEGMENTS = 32
_BASELINE = "ease"
_PANEL = "Invented panel"
_TRAINED = ("timescales", "blend")
"""Heads that need PyTorch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One log with all that its rows depend on."""

    log: WatchLog
    dimension: int
    seed: int
    trainings: int
    files: RowFiles
    wanted: frozenset[str]
    """Models whose rows are computed; none means all."""

    def table(self, name: str, protocol: str, *, found: bool) -> dict[str, object] | None:
        """Return one table, computing the rows that are not there yet unless ``found``."""
        rows = []
        for model in self._models(protocol):
            row = self.files.found(protocol, model)
            if row is None and found:
                continue
            if row is None:
                row = self._row(name, protocol, model)
                self.files.keep(protocol, row)
            rows.append(row)
        if not any(self.files.has(protocol, row.model) for row in rows):
            return None  # nothing yet, or what another protocol's table shows already
        baseline = _baseline_of([row.model for row in rows])
        table = Comparison(protocol=protocol, people=len(rows[0].recall_at_50), rows=tuple(rows))
        return {
            "log": name,
            "seed": self.seed,
            "trainings": self.trainings,
            **table.facts(baseline=next(row for row in rows if row.model == baseline)),
        }

    def _models(self, protocol: str) -> list[str]:
        names = model_names(protocol, dimension=self.dimension, segments=_SEGMENTS)
        if self.wanted:
            return [name for name in names if name in self.wanted or name == _baseline_of(names)]
        return [name for name in names if torch_is_there() or not name.startswith(_TRAINED)]

    def _row(self, name: str, protocol: str, model: str) -> Row:
        table = compare(
            self.log,
            protocol=protocol,
            dimension=self.dimension,
            segments=_SEGMENTS,
            seed=self.seed,
            trainings=self.trainings,
            models=[model],
            progress=lambda what, done: _told(f"{name}, {protocol}, {what}", done),
        )
        (row,) = table.rows
        _told(f"{name}, {protocol}, {model}", 1.0)
        return row


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one table for each log and protocol."""
    options = _parser().parse_args(arguments)
    wanted = frozenset(filter(None, options.models.split(",")))
    logs = _logs(options)
    tables: list[dict[str, Any]] = []
    if options.out.exists():
        held = json.loads(options.out.read_text("utf-8"))
        tables = [table for table in held if wanted or table["log"] not in logs]
    for name, log in logs.items():
        settings = (f"d{options.dimension}", f"seed{options.seed}", f"trainings{options.trainings}")
        words = [*name.lower().split(), *settings]
        files = RowFiles(directory=options.rows, log="-".join(words))
        for model in filter(None, options.again.split(",")):
            files.forget(model)
        run = _Run(
            log=log,
            dimension=options.dimension,
            seed=options.seed,
            trainings=options.trainings,
            files=files,
            wanted=wanted,
        )
        for protocol in options.protocols.split(","):
            table = run.table(name, protocol, found=options.found)
            if table is None:
                continue
            tables = with_table(tables, table)
            options.out.write_text(json.dumps(tables, indent=1) + "\n", "utf-8")
            if not options.json:
                sys.stdout.write(f"{markdown([table])}\n\n")
                sys.stdout.flush()
    if options.json:
        say(_figures([table for table in tables if table["log"] in logs]), as_json=True)


def _figures(tables: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, dict[str, float]]]:
    """Return NDCG@100 by log, protocol and model, whatever the sizes are."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for table in tables:
        log = "panel" if table["log"].startswith(_PANEL) else "log"
        found.setdefault(log, {})[table["protocol"]] = {
            re.sub(r"-\d+", "", row["model"]): row["ndcg_at_100"] for row in table["rows"]
        }
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratings", type=Path, help="a log of your own, beside the panel")
    parser.add_argument("--catalogue", type=Path, help="what its items are, where it is a table")
    parser.add_argument("--name", help="what tables call that log; default: its file name")
    parser.add_argument("--households", type=int, default=500, help="size of the panel; 0: none")
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trainings", type=int, default=3, help="of timescales; the best counts")
    parser.add_argument("--protocols", default=",".join(PROTOCOLS))
    parser.add_argument("--rows", type=Path, default=Path("build/quality"))
    parser.add_argument("--models", default="", help="rows to compute, beside those --out holds")
    parser.add_argument("--again", default="", help="models whose rows are computed again")
    parser.add_argument("--found", action="store_true", help="show what is there, compute nothing")
    parser.add_argument("--out", type=Path, default=Path("quality.json"))
    parser.add_argument("--json", action="store_true", help="NDCG@100 as one JSON object")
    return parser


def _logs(options: argparse.Namespace) -> Mapping[str, WatchLog]:
    logs = {}
    if options.ratings:
        logs[options.name or options.ratings.name] = load_log(options.ratings, options.catalogue)
    if options.households:
        panel = synthetic_panel(options.seed, households=options.households)
        logs[f"{_PANEL} of {options.households:,} households"] = panel
    return logs


def _baseline_of(names: Sequence[str]) -> str:
    """Return the row that gains are differences to: EASE if it is in the table, else popularity."""
    return _BASELINE if _BASELINE in names else names[-1]


def _told(what: str, done: float) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{done:4.0%} {what}")
    elif done == 1.0:  # one line per row, for a log
        sys.stderr.write(f"done: {what}\n")


if __name__ == "__main__":
    main()
