"""``python -m tests.audit``: prove what can be proven, try to refute the rest, plant faults.

Each part is a function that is given an effort and returns a result; add one to ``PARTS``. The exit
code is not zero when a bound is passed, a fault escapes, or anything else does not hold.
"""

from __future__ import annotations

import sys
from time import perf_counter
from typing import Any

import click
import msgspec

from edgeagent.errors import PromiseBroken
from tests.audit.attacks import averaging, guessing, linking, nothing_watched
from tests.audit.attacks_on_state import cheating_server, crashes, old_image, traffic
from tests.audit.capture import capture
from tests.audit.exact import first_draws, ratios, weeks
from tests.audit.faults import mutants
from tests.audit.loss import loss, store
from tests.audit.part import Effort, Part
from tests.audit.primitives import primitives

PARTS: tuple[Part, ...] = (
    ratios,
    weeks,
    first_draws,
    primitives,
    loss,
    store,
    mutants,
    guessing,
    averaging,
    linking,
    nothing_watched,
    traffic,
    crashes,
    cheating_server,
    old_image,
    capture,
)


@click.command()
@click.option("--full", is_flag=True, help="An hour's work, with fresh randomness.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([part.__name__ for part in PARTS]),
    help="Run these parts only.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for machines.")
def main(*, full: bool, only: tuple[str, ...], as_json: bool) -> None:
    """Prove the privacy loss of the code that runs, and show that the proof can fail."""
    results = [_run(part, full=full) for part in PARTS if not only or part.__name__ in only]
    ok = all(result["ok"] for result in results)
    if as_json:
        click.echo(msgspec.json.encode({"ok": ok, "full": full, "parts": results}).decode())
    else:
        for result in results:
            click.echo(f"{'ok' if result['ok'] else 'NO'}  {result['name']}: {result['summary']}")
    for result in results:
        for line in result["wrong"]:
            click.echo(f"error: {result['name']}: {line}", err=True)
    sys.exit(0 if ok else PromiseBroken.exit_code)


def _run(part: Part, *, full: bool) -> dict[str, Any]:
    name = part.__name__

    def say(line: str) -> None:
        click.echo(f"{name}: {line}", err=True)

    say("begins")
    started = perf_counter()
    result = part(Effort(full=full, say=say))
    return {
        "name": result.name,
        "ok": result.ok,
        "summary": result.summary,
        "seconds": round(perf_counter() - started, 1),
        "figures": result.figures,
        "wrong": result.wrong,
    }


if __name__ == "__main__":
    main()
