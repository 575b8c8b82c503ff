"""All benches, some, or two results compared.

    python -m tests.bench [NAME ...] [--quick] [--runs N] [--json] [--out DIR]
    python -m tests.bench compare BEFORE AFTER [--json]

Each bench runs in a process of its own, once or several times, beside its peer or floor. ``DIR``
gets a result for each (medians and spread, the command, the machine), ``index.html`` with pictures
of all that lie there, and a line of ``history.jsonl``. ``BEFORE`` and ``AFTER`` are such
directories or results. A name is that of a bench or of a set: ``short`` (without names), ``pages``
(those whose figures stand in the pages), ``all``; ``--list`` tells both. Ctrl-C keeps the benches
that have ended.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from textwrap import fill

from tests.bench.bench import Bench
from tests.bench.benches import BENCHES, SETS, bench_named, benches_named
from tests.bench.comparing import changes, lines_of
from tests.bench.result import Result, found_results
from tests.bench.result_tables import rows_of
from tests.bench.series import Series

_OUT = Path("build/bench")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run or compare; return the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _compare(words[1:]) if words[:1] == ["compare"] else _run(words)
    except (LookupError, OSError, ValueError) as error:
        said = error.args[0] if isinstance(error, LookupError) else error
        sys.stderr.write(f"error: {said}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("stopped; what had ended is kept\n")
        return 130


def _run(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("names", nargs="*", metavar="NAME", help="benches or sets [short]")
    parser.add_argument("--list", action="store_true", help="tell all benches, run none")
    parser.add_argument("--quick", action="store_true", help="small: does it run?")
    parser.add_argument("--without", nargs="+", default=[], metavar="NAME", help="leave out")
    parser.add_argument("--runs", type=_at_least_one, help="of each bench [mostly 3; quick: 1]")
    parser.add_argument("--json", action="store_true", help="results as a JSON array")
    parser.add_argument("--out", type=Path, default=_OUT, help=f"directory of results [{_OUT}]")
    options = parser.parse_args(words)
    if options.list:
        sys.stdout.writelines(_listed(bench) for bench in BENCHES)
        return 0
    left_out = [bench_named(name) for name in options.without]
    chosen = [one for one in benches_named(options.names or ["short"]) if one not in left_out]
    series = Series(benches=chosen, quick=options.quick, runs=options.runs)
    _say(series.forecast)
    results = []
    try:
        for result in series.results(options.out, say=_say):
            results.append(result)
            if not options.json:
                sys.stdout.write(_lines(bench_named(result.bench), result))
                sys.stdout.flush()
    finally:
        _end(results, options.out, as_json=options.json)
    if series.failures:
        _say("\n".join(("no figures from:", *series.failures)))
        return 2
    return 0 if all(result.held for result in results) else 1


def _listed(bench: Bench) -> str:
    sets = ", ".join(name for name, benches in SETS.items() if bench in benches)
    return f"{bench.name:<11} {bench.runs} × {bench.seconds:>4} s  {sets:<17} {bench.purpose}\n"


def _end(results: Sequence[Result], directory: Path, *, as_json: bool) -> None:
    """Show what there is, after Ctrl-C too."""
    if as_json:
        sys.stdout.write(json.dumps([asdict(result) for result in results]) + "\n")
    if results:
        from tests.bench.page import write_page  # noqa: PLC0415  (pictures, a second)

        _say(f"pictures: {write_page(directory)}")


def _lines(bench: Bench, result: Result) -> str:
    lines = [f"{bench.name}: {bench.purpose}"]
    if result.quick:
        lines.append("  a quick look: with less work than the words below say")
    lines += [
        f"  {words}: {', '.join(filter(None, found))}" for words, *found in rows_of(result, bench)
    ]
    if not result.held:
        lines.append("  a limit that the bench sets was broken")
    return "\n".join([*lines, ""])


def _compare(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench compare")
    parser.add_argument("before", type=Path, help="a result, or a directory of results")
    parser.add_argument("after", type=Path, help="the same, of later")
    parser.add_argument("--all", action="store_true", help="what is within the spread, too")
    parser.add_argument("--json", action="store_true", help="one JSON array")
    options = parser.parse_args(words)
    before, after = found_results(options.before), found_results(options.after)
    found = list(changes(before, after))
    if options.json:
        rows = [asdict(one) | {"times": one.times, "apart": one.apart} for one in found]
        sys.stdout.write(json.dumps(rows) + "\n")
        return 0
    lines = lines_of(found, everything=options.all)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    both = sorted(before.keys() & after.keys())
    once = [name for name in both if min(before[name].runs, after[name].runs) == 1]
    if once:
        told = f"one run on a side does not tell change from chance: {', '.join(once)}"
        sys.stdout.write(f"{fill(told, 80)}\n")
    for name in sorted(before.keys() ^ after.keys()):
        sys.stdout.write(f"{name}: only {'before' if name in before else 'after'}\n")
    return 0


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        message = f"{text} runs are none"
        raise argparse.ArgumentTypeError(message)
    return number


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
