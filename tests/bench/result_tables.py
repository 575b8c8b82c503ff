"""Results as the pages show them: a table, and below it the command, the date and the machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.benches import bench_named
from tests.bench.figures import Value
from tests.bench.result import Result, read_result

__all__ = ["RESULTS", "how_made", "kept_result", "rows_of", "table_of"]

RESULTS = Path(__file__).with_name("results")
"""The results that the pages show."""


def kept_result(name: str, directory: Path = RESULTS) -> Result:
    """Return the result of a bench, as a page may show it.

    Raises:
        FileNotFoundError: there is none.
        LookupError: there is no such bench.
        ValueError: it is of a quick run, or is none.

    """
    result = read_result(directory / f"{bench_named(name).name}.json")
    if result.quick:
        message = f"{name} was quick: figures of so little work do not belong on a page"
        raise ValueError(message)
    return result


def table_of(results: Sequence[Result]) -> str:
    """Return one table of some results, with what made them.

    What is both a figure and a ratio is one row.
    """
    lines = ["| | measured | beside |", "| --- | --- | --- |"]
    for result in results:
        lines += [f"| {' | '.join(row)} |" for row in rows_of(result, bench_named(result.bench))]
    made: dict[str, list[str]] = {}
    for result in results:
        made.setdefault(how_made(result), []).append(result.bench)
    by = [f"`python -m tests.bench {' '.join(names)}`, {how}" for how, names in made.items()]
    return "\n".join([*lines, "", "<br>\n".join(by)])


def rows_of(result: Result, bench: Bench) -> Iterator[tuple[str, str, str]]:
    """Yield what is measured, its figure, and its ratio; a figure may have none, or be one."""
    beside = {ratio.words: f"{spread} × {ratio.beside}" for ratio, spread in result.compared(bench)}
    for words, figure, unit in result.shown(bench):
        yield words, f"{figure} {unit}".rstrip(), beside.pop(words, "")
    for words, text in beside.items():
        yield words, text, ""


def how_made(result: Result) -> str:
    """Return how often a bench ran, when, and on what."""
    runs = "one run" if result.runs == 1 else f"medians of {result.runs} runs (least–most)"
    day = datetime.fromisoformat(result.began)
    busy = ", busy with other work" if result.busy else ""
    held = "" if result.held else "; a limit that the bench sets was broken"
    return f"{runs}, {day.day} {day:%B %Y}, {_machine(result.machine)}{busy}{held}"


def _machine(machine: Mapping[str, Value]) -> str:
    gibibytes = round(float(machine["memory_mib"] or 0) / 1024)
    return (
        f"{machine['processor']}, {machine['processors']} cores, {gibibytes} GiB, "
        f"{machine['system']}, Python {machine['python']}"
    )
