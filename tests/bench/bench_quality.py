"""How well the heads rank, beside EASE, item-kNN and popularity, under five protocols.

``python -m tests.bench.bench_quality`` makes the tables of the page beside it: every protocol on
the invented panel and, with ``--ratings``, on a log of your own, beside rankers that others
publish, which run in an environment that this makes; of a MovieLens directory also a table of the
ratings of four stars and more. Rows that ``--out`` holds are not computed again. It says which are
left and how long they will take, and writes each into ``--out`` when it is there: a run that was
cut short goes on with the next one. What ``--out`` holds by default, ``python -m tests.pages`` puts
into the page.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edgeagent.errors import InputError
from model_export.comparison import PROTOCOLS
from model_export.loaders import load_log
from model_export.loaders.movielens import load_movielens
from model_export.loaders.tables import is_parquet
from model_export.synthetic import synthetic_panel
from tests.bench.figures import say
from tests.bench.other_environment import OtherEnvironmentError
from tests.bench.quality_left import RowLeft, forecast, rows_left
from tests.bench.quality_logs import BASELINE, RankedLog, RowSettings, own_rows
from tests.bench.quality_tables import (
    LAST_RUN,
    OtherBaselineError,
    markdown,
    with_table,
    without_row,
)
from tests.bench.rankers import PUBLISHED, Ask, Kept

_STARS, _PUBLISHED_ON = 4.0, "strong"
"""What results of such models are mostly published for: who liked a film, and strangers."""
_JUDGED = ("global", "strong", "last")
"""Protocols that published rankers are judged under: they know no titles but by who watched them,
and have no segments."""


def main(arguments: Sequence[str] | None = None, *, ask: Ask | None = None) -> int:
    """Compute the rows that are missing and print the tables; return the exit status."""
    options = _parser().parse_args(arguments)
    kept = Kept(directory=options.kept)
    try:
        logs = _logs(options, ask or kept)
        return _run(options, logs, kept)
    except InputError as error:
        _say(f"error: {error}; {error.hint}")
    except (OtherBaselineError, OtherEnvironmentError) as error:
        _say(f"error: {error}")
    except KeyboardInterrupt:
        _say("stopped; the same command, without --again, goes on from here")
        return 130
    return 2


def _run(options: argparse.Namespace, logs: Sequence[RankedLog], kept: Kept) -> int:
    held: list[dict[str, Any]] = []
    if options.out.exists():
        held = json.loads(options.out.read_text("utf-8"))
    wanted = _named(options.models)
    left = rows_left(logs, [] if options.again else held, wanted=wanted, took=held)
    _say(forecast(left, each=True))
    if options.left:
        return 0
    tables = held
    if options.again:
        tables = _forgotten(left, tables, kept)
        _write(options.out, tables)
    for number, row in enumerate(left, start=1):
        new = row.log.table(row.protocol, row.model)
        tables = with_table(tables, new, order=row.log.models[row.protocol])
        _write(options.out, tables)
        _say(f"done: {row}. {forecast(left[number:])}")
    names = {log.name for log in logs}
    shown = [table for table in tables if table["log"] in names]
    if options.json:
        say(_figures(logs, shown), as_json=True)
    else:
        sys.stdout.write(f"{markdown(shown)}\n")
    return 0


def _forgotten(
    left: Sequence[RowLeft], tables: list[dict[str, Any]], kept: Kept
) -> list[dict[str, Any]]:
    for row in left:
        row.log.files.forget(row.protocol, row.model)
        if row.model in PUBLISHED:
            kept.forget(PUBLISHED[row.model].model)
        tables = without_row(tables, row.log.facts(row.protocol), row.model)
    return tables


def _write(path: Path, tables: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(tables, indent=1) + "\n", "utf-8")
    part.replace(path)


def _figures(
    logs: Sequence[RankedLog], tables: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, dict[str, float]]]:
    """Return NDCG@100 by kind of log, protocol and model, whatever the sizes are."""
    kinds = {log.name: log.kind for log in logs}
    found: dict[str, dict[str, dict[str, float]]] = {}
    for table in tables:
        found.setdefault(kinds[table["log"]], {})[table["protocol"]] = {
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
    parser.add_argument("--trainings", type=int, default=1, help="of timescales; the best counts")
    parser.add_argument("--protocols", default=",".join(PROTOCOLS))
    parser.add_argument("--models", default="", help="rows to compute; default: all")
    parser.add_argument("--left", action="store_true", help="say what is left, compute nothing")
    parser.add_argument(
        "--again", action="store_true", help="forget these rows first, and compute all of them"
    )
    parser.add_argument("--out", type=Path, default=LAST_RUN, help="the tables [%(default)s]")
    parser.add_argument(
        "--rows", type=Path, default=Path("build/quality"), help="rows by people [%(default)s]"
    )
    parser.add_argument(
        "--kept", type=Path, default=Path("build/rankers"),
        help="the environment of published rankers, and their answers [%(default)s]",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="NDCG@100 as one JSON object")
    return parser


def _logs(options: argparse.Namespace, ask: Ask) -> list[RankedLog]:
    shared = RowSettings(
        dimension=options.dimension,
        seed=options.seed,
        trainings=options.trainings,
        directory=options.rows,
        ask=ask,
    )
    own = {each: own_rows(each, dimension=options.dimension) for each in _chosen(options)}
    known = dict.fromkeys([model for rows in own.values() for model in rows] + [*PUBLISHED])
    if unknown := [model for model in _named(options.models) if model not in known]:
        raise InputError(f"no row {unknown[0]!r} here", hint=f"choose from {', '.join(known)}")
    logs = []
    if options.ratings:
        name = options.name or options.ratings.name
        log = load_log(options.ratings, options.catalogue)
        beside = {each: (*own[each], *PUBLISHED) for each in own if each in _JUDGED}
        logs.append(RankedLog(name=name, kind="log", log=log, models=own | beside, shared=shared))
        if options.ratings.is_dir() and not is_parquet(options.ratings) and _PUBLISHED_ON in own:
            models = (f"foldin-{options.dimension}", BASELINE, *PUBLISHED)
            logs.append(
                RankedLog(
                    name=f"{name}, ratings of {_STARS:g} stars and more",
                    kind="stars",
                    log=load_movielens(options.ratings, minimum_stars=_STARS),
                    models={_PUBLISHED_ON: models},
                    shared=shared,
                )
            )
    if options.households:
        panel = synthetic_panel(options.seed, households=options.households)
        name = f"Invented panel of {options.households:,} households"
        logs.append(RankedLog(name=name, kind="panel", log=panel, models=own, shared=shared))
    return logs


def _chosen(options: argparse.Namespace) -> list[str]:
    chosen = _named(options.protocols)
    if unknown := [each for each in chosen if each not in PROTOCOLS]:
        raise InputError(f"no protocol {unknown[0]!r}", hint=f"choose from {', '.join(PROTOCOLS)}")
    return chosen


def _named(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
