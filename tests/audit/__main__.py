"""``python -m tests.audit``: prove what can be proven, try to refute the rest, plant faults.

Each part is a function that is given an effort and returns a result; add one to ``PARTS``. Parts
run side by side in processes of their own. The exit code is not zero when a bound is exceeded, a
fault escapes, or anything else does not hold. A part that cannot run here is said to be skipped.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from time import perf_counter
from typing import Any

import click
import msgspec

from edgeagent.errors import PromiseBroken
from tests.audit.attacks import averaging, guessing, linking, nothing_watched
from tests.audit.attacks_on_state import cheating_server, crashes, old_image, traffic
from tests.audit.capture import capture
from tests.audit.deletions import deletions
from tests.audit.exact import first_draws, ratios, weeks
from tests.audit.faults import mutants
from tests.audit.loss import loss, store
from tests.audit.part import Part, run
from tests.audit.primitives import primitives
from tests.audit.silence import silence

PARTS: tuple[tuple[Part, float, float], ...] = (
    (silence, 25, 500),
    (loss, 58, 1200),
    (mutants, 31, 150),
    (store, 12, 120),
    (capture, 17, 17),
    (deletions, 11, 11),
    (primitives, 3, 30),
    (guessing, 2.5, 25),
    (cheating_server, 1.5, 1.5),
    (ratios, 1, 200),
    (crashes, 1, 1),
    (linking, 1, 8),
    (nothing_watched, 1, 8),
    (old_image, 1, 4),
    (first_draws, 0.3, 2),
    (traffic, 0.3, 2),
    (averaging, 0.1, 1),
    (weeks, 0.1, 1),
)
"""With the seconds of processor time each takes about, quick and full: long ones begin first, and
what is left to do is guessed from them."""


@click.command()
@click.option("--full", is_flag=True, help="An hour's work, with fresh randomness.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([part.__name__ for part, *_ in PARTS]),
    help="Run these parts only.",
)
@click.option(
    "--without",
    multiple=True,
    type=click.Choice([part.__name__ for part, *_ in PARTS]),
    help="Leave these parts out.",
)
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    default=min(os.cpu_count() or 1, 8),
    show_default="one a processor",
    help="How many parts run side by side.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for machines.")
def main(
    *,
    full: bool,
    only: tuple[str, ...],
    without: tuple[str, ...],
    processes: int,
    as_json: bool,
) -> None:
    """Prove the privacy loss of the code that runs, and show that the proof can fail."""
    costs = {
        part: (quick, slow)[full]
        for part, quick, slow in PARTS
        if (not only or part.__name__ in only) and part.__name__ not in without
    }
    started = perf_counter()
    results = _run_all(costs, full=full, processes=processes)
    ok = all(result["ok"] for result in results)
    skipped = [result["name"] for result in results if result["skipped"]]
    if as_json:
        seconds = round(perf_counter() - started, 1)
        whole = {
            "ok": ok,
            "skipped": skipped,
            "full": full,
            "seconds": seconds,
            "parts": results,
        }
        click.echo(msgspec.json.encode(whole).decode())
    else:
        for result in results:
            click.echo(f"{_verdict(result)}  {result['name']}: {result['summary']}")
    for result in results:
        for line in result["wrong"]:
            click.echo(f"error: {result['name']}: {line}", err=True)
    sys.exit(0 if ok else PromiseBroken.exit_code)


def _verdict(result: Mapping[str, Any]) -> str:
    if not result["ok"]:
        return "NO"
    return f"skipped ({result['skipped']})" if result["skipped"] else "ok"


def _run_all(costs: dict[Part, float], *, full: bool, processes: int) -> Sequence[dict[str, Any]]:
    """Run all parts, the long ones first, and tell how far it has got."""
    order = sorted(costs, key=lambda part: -costs[part])
    started, done = perf_counter(), 0.0
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(run, part, full=full): part for part in order}
        for number, future in enumerate(as_completed(running), start=1):
            done += costs[running[future]]
            taken = perf_counter() - started
            left = taken * (sum(costs.values()) - done) / done
            click.echo(
                f"{number} of {len(running)} parts done after {taken:.0f} s, "
                f"about {left:.0f} s left",
                err=True,
            )
        return [future.result() for future in running]


if __name__ == "__main__":
    main()
