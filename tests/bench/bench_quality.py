"""``python -m tests.bench.bench_quality``: the tables of the README, as Markdown and JSON.

Every protocol on the invented panel and, with ``--ratings``, on MovieLens. PyTorch adds the rows of
head ``timescales``. Takes some minutes for the panel and some more for MovieLens small.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from model_export.comparison import PROTOCOLS, Comparison, compare
from model_export.evaluate import mean_and_se
from model_export.log import WatchLog
from model_export.movielens import load_movielens
from model_export.synthetic import synthetic_panel


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one table for each log and protocol."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratings", type=Path, help="MovieLens directory, beside the panel")
    parser.add_argument("--households", type=int, default=500, help="size of the panel; 0: none")
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--protocols", default=",".join(PROTOCOLS))
    parser.add_argument("--out", type=Path, default=Path("quality.json"))
    options = parser.parse_args(arguments)
    logs: dict[str, WatchLog] = {}
    if options.households:
        logs["panel"] = synthetic_panel(options.seed, households=options.households)
    if options.ratings:
        logs[options.ratings.name] = load_movielens(options.ratings)
    found = []
    for name, log in logs.items():
        for protocol in options.protocols.split(","):
            table = compare(
                log,
                protocol=protocol,
                dimension=options.dimension,
                segments=32,
                seed=options.seed,
                progress=_told,
            )
            found.append({"log": name, **table.facts()})
            options.out.write_text(json.dumps(found), "utf-8")
            _show(name, table)


def _told(what: str, done: float) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{done:4.0%} {what}")


def _show(name: str, table: Comparison) -> None:
    lines = [
        f"\n{name}, {table.protocol}: {table.people:,} people\n",
        "| | NDCG@100 | NDCG@10 | recall@20 | titles shown | MB | seconds |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in table.rows:
        quality = row.quality
        mean, error = mean_and_se(quality.ndcg_at_100)
        lines.append(
            f"| `{row.model}` | {mean:.3f} ± {error:.3f} | {quality.ndcg_at_10.mean():.3f} "
            f"| {quality.recall_at_20.mean():.3f} | {row.coverage_fraction:.0%} "
            f"| {row.size_bytes / 1e6:.2f} | {row.seconds:.0f} |"
        )
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
