"""What pages show of a result: its ratios and figures, the command and the machine."""

from __future__ import annotations

from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.result import Result, read_result

__all__ = ["RESULTS", "bench_block"]

RESULTS = Path(__file__).with_name("results")
"""The results that pages show; ``python -m tests.bench --out tests/bench/results`` writes them."""


def bench_block(bench: Bench) -> str:
    """Return the Markdown table of a bench's result.

    Raises:
        FileNotFoundError: it has none.

    """
    result = read_result(RESULTS / f"{bench.name}.json")
    rows = [
        f"| {ratio.words} | {result.ratios[ratio.words]} × {ratio.beside} |"
        for ratio in bench.ratios
    ]
    rows += [
        f"| {words} | {result.figures[name]} {unit} |"
        for words, name, unit in bench.shown
        if name in result.figures
    ]
    return "\n".join(["| | |", "| --- | --- |", *rows, "", _origin(bench, result)])


def _origin(bench: Bench, result: Result) -> str:
    machine = result.machine
    runs = f"{result.runs} runs" if result.runs > 1 else "one run"
    return (
        f"`python -m tests.bench {bench.name}`: the median of {runs} (from the least to the most), "
        f"{result.began[:10]}, {machine['processors']} processors of {machine['processor']}, load "
        f"{machine['load']} before, Python {machine['python']}."
    )
