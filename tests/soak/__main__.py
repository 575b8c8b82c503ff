"""``python -m tests.soak``: a year of one box, or several lives by seed."""

from __future__ import annotations

import logging
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

import click
import msgspec

from edgeagent.errors import PromiseBroken
from edgeagent.simulator.plan import START
from edgeagent.testing.clock import FakeClock
from tests.soak.bounds import LIMITS
from tests.soak.life import Life, Outcome
from tests.soak.server import Press, Trained

_FULL_SEEDS = ("1", "2", "3", "4", "5")
_TOLD_EVERY_DAYS = 10
_MIB = 1 << 20


@click.command()
@click.option("--days", type=click.IntRange(3), default=30, show_default=True, help="Of each life.")
@click.option("--seed", "seeds", multiple=True, default=("1",), help="What happens, and when.")
@click.option("--full", is_flag=True, help=f"{len(_FULL_SEEDS)} lives, by the seeds 1 and up.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for machines.")
def main(*, days: int, seeds: tuple[str, ...], full: bool, as_json: bool) -> None:
    """Live with one real service, and compare what it did with what should have happened."""
    # What hinders a box is meant to: its own words about it would bury ours.
    logging.basicConfig(level=logging.CRITICAL)
    trained = Trained.small()
    lives = [_lived(seed, days, trained) for seed in (_FULL_SEEDS if full else seeds)]
    if as_json:
        told = [{**asdict(life), "seconds": seconds} for life, seconds in lives]
        click.echo(msgspec.json.encode({"limits": LIMITS, "lives": told}).decode())
    else:
        click.echo("\n\n".join(_in_words(life, seconds) for life, seconds in lives))
    wrong = [f"seed {life.seed}, {one}" for life, _ in lives for one in life.wrong]
    for one in wrong:
        click.echo(f"error: {one}", err=True)
    sys.exit(PromiseBroken.exit_code if wrong else 0)


def _lived(seed: str, days: int, trained: Trained) -> tuple[Outcome, float]:
    began = perf_counter()

    def told(day: int) -> None:
        if day % _TOLD_EVERY_DAYS == 0 or day == days:
            seconds = perf_counter() - began
            click.echo(f"seed {seed}: day {day} of {days}, {seconds:.0f} s", err=True)

    with tempfile.TemporaryDirectory(prefix="edgeagent-soak-") as name:
        press = Press(Path(name), FakeClock(START), trained)
        outcome = Life(Path(name), press, seed=seed).live(days, told=told)
    return outcome, round(perf_counter() - began, 1)


def _in_words(life: Outcome, seconds: float) -> str:
    largest = life.largest
    happened = ", ".join(f"{number} × {what}" for what, number in life.happened.items())
    reports = ", ".join(f"{number} {how}" for how, number in life.reports.items()) or "none"
    grown = (largest.resident_bytes - life.first.resident_bytes) / _MIB
    return (
        f"seed {life.seed}: {life.days} days in {seconds:.0f} s\n"
        f"  happened    {happened}\n"
        f"  viewings    {life.acknowledged} acknowledged, {life.ignored_private} private\n"
        f"  reports     {reports}\n"
        f"  memory      {largest.resident_bytes / _MIB:.0f} MiB, {grown:.1f} MiB more than at "
        "first\n"
        f"  open        {largest.descriptors} descriptors, {largest.threads} threads\n"
        f"  files       history {largest.history_bytes:,}, ledger {largest.ledger_bytes:,}, "
        f"log {largest.log_bytes:,}, models {largest.model_bytes:,} bytes\n"
        f"  overdue     {largest.overdue_days} days\n"
        f"  {'everything agrees' if not life.wrong else 'WRONG'}"
    )


if __name__ == "__main__":
    main()
