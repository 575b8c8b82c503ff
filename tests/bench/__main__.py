"""All benches, some, or two results compared.

    python -m tests.bench [NAME ...] [--quick] [--runs N] [--json] [--out DIR]
    python -m tests.bench compare BEFORE AFTER [--json]

Each bench runs several times in a process of its own, beside its peer or floor. ``DIR`` gets a
result for each (medians and spread, the command, the machine), ``index.html`` with pictures of all
that lie there, and a line of ``history.jsonl``. ``BEFORE`` and ``AFTER`` are such directories or
results. Without names, those run that take minutes; ``--list`` names the others.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from tests.bench.bench import Bench
from tests.bench.benches import BENCHES, bench_named
from tests.bench.comparing import changes
from tests.bench.result import Result, found_results
from tests.bench.running import BenchError, run_bench

_OUT = Path("build/bench")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run or compare; return the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _compare(words[1:]) if words[:1] == ["compare"] else _run(words)
    except (BenchError, LookupError, OSError, ValueError) as error:
        said = error.args[0] if isinstance(error, LookupError) else error
        sys.stderr.write(f"error: {said}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("stopped; what had ended is kept\n")
        return 130


def _run(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("names", nargs="*", metavar="NAME", help="benches; default: short ones")
    parser.add_argument("--list", action="store_true", help="name all benches and run none")
    parser.add_argument("--quick", action="store_true", help="small: does it run?")
    parser.add_argument("--without", nargs="+", default=[], metavar="NAME", help="leave out")
    parser.add_argument("--runs", type=_at_least_one, help="of each bench [3; quick: 1]")
    parser.add_argument("--json", action="store_true", help="results as a JSON array")
    parser.add_argument("--out", type=Path, default=_OUT, help=f"directory of results [{_OUT}]")
    options = parser.parse_args(words)
    if options.list:
        for bench in BENCHES:
            sys.stdout.write(f"{bench.name:<12} {bench.purpose}\n")
        return 0
    left_out = [bench_named(name) for name in options.without]
    chosen = [bench_named(name) for name in options.names] or [
        bench for bench in BENCHES if not bench.only_named and bench not in left_out
    ]
    results = []
    for place, bench in enumerate(chosen, 1):
        result = run_bench(
            bench,
            runs=options.runs or (1 if options.quick else 3),
            quick=options.quick,
            say=partial(_say_place, f"{place} of {len(chosen)}"),
        )
        result.write(options.out)
        results.append(result)
        if not options.json:
            sys.stdout.write(_lines(bench, result))
    if options.json:
        sys.stdout.write(json.dumps([asdict(result) for result in results]) + "\n")
    from tests.bench.page import write_page  # noqa: PLC0415  (pictures, a second)

    _say(f"pictures: {write_page(options.out)}")
    return 0 if all(result.held for result in results) else 1


def _lines(bench: Bench, result: Result) -> str:
    lines = [f"{bench.name}: {bench.purpose}"]
    for ratio in bench.ratios:
        spread = result.ratios[ratio.words]
        lines.append(f"  {ratio.words}: {spread} × {ratio.beside}")
    lines += [f"  {words}: {figure} {unit}" for words, figure, unit in result.shown(bench)]
    if not result.held:
        lines.append("  a limit that the bench sets was broken")
    return "\n".join([*lines, ""])


def _compare(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench compare")
    parser.add_argument("before", type=Path, help="a result, or a directory of results")
    parser.add_argument("after", type=Path, help="the same, of later")
    parser.add_argument("--json", action="store_true", help="one JSON array")
    options = parser.parse_args(words)
    before, after = found_results(options.before), found_results(options.after)
    found = list(changes(before, after))
    if options.json:
        rows = [asdict(one) | {"times": one.times, "apart": one.apart} for one in found]
        sys.stdout.write(json.dumps(rows) + "\n")
        return 0
    width = max((len(f"{one.bench} {one.name}") for one in found), default=0)
    for one in found:
        times = "" if one.times is None else f"{one.times:.2f} ×"
        mark = "" if one.apart else "  within what runs differ by"
        name = f"{one.bench} {one.name}"
        sys.stdout.write(f"{name:<{width}}  {one.before} → {one.after}  {times}{mark}\n")
    for name in sorted(before.keys() ^ after.keys()):
        sys.stdout.write(f"{name}: only {'before' if name in before else 'after'}\n")
    return 0


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        message = f"{text} runs are none"
        raise argparse.ArgumentTypeError(message)
    return number


def _say_place(place: str, line: str) -> None:
    _say(f"{place}: {line}")


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
