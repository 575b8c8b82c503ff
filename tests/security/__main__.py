"""``python -m tests.security``: attack homes, and print the outcome."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from edgeagent.errors import PromiseBroken
from tests.security.comparison import KillFigures
from tests.security.damage import DamageFigures, make_victim, run_damages
from tests.security.kills import run_kills

_ATTACKS_A_KILL = 5
_ATTACKS_A_VICTIM = 250


@click.command()
@click.option("--rounds", default=20, show_default=True, help="Kills; 5 times as many damages.")
@click.option("--seed", default="1", show_default=True, help="Which work, which damage.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for machines.")
def main(*, rounds: int, seed: str, as_json: bool) -> None:
    """Kill a working box at random moments, damage its files, and compare with the truth."""
    started = perf_counter()
    with tempfile.TemporaryDirectory() as scratch, _progress() as progress:
        kills = _kill(Path(scratch), rounds, seed, progress)
        damages = _damage(Path(scratch), rounds * _ATTACKS_A_KILL, seed, progress)
    result: dict[str, Any] = {
        "kills": asdict(kills),
        "damages": asdict(damages),
        "seconds": round(perf_counter() - started, 1),
    }
    click.echo(msgspec.json.encode(result).decode() if as_json else _in_words(kills, damages))
    failures = kills.failures + damages.wrong_answers
    for failure in failures:
        click.echo(f"error: {failure}", err=True)
    sys.exit(PromiseBroken.exit_code if failures else 0)


def _progress() -> Progress:
    return Progress(
        "{task.description}",
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def _kill(scratch: Path, rounds: int, seed: str, progress: Progress) -> KillFigures:
    directory = scratch / "killed"
    directory.mkdir()
    figures = KillFigures()
    task = progress.add_task("kill -9 within mixed work", total=rounds)
    for _ in run_kills(directory, kills=rounds, seed=seed, figures=figures):
        progress.advance(task)
    return figures


def _damage(scratch: Path, attacks: int, seed: str, progress: Progress) -> DamageFigures:
    figures = DamageFigures()
    task = progress.add_task("damage to every file", total=attacks)
    for first in range(0, attacks, _ATTACKS_A_VICTIM):
        directory = scratch / f"victim {first}"
        victim = make_victim(directory / "work", seed=f"{seed} {first}")
        number = min(_ATTACKS_A_VICTIM, attacks - first)
        for _ in run_damages(
            victim, directory, attacks=number, seed=f"{seed} {first}", figures=figures
        ):
            progress.advance(task)
    return figures


def _in_words(kills: KillFigures, damages: DamageFigures) -> str:
    return (
        f"{kills.kills} kills within {kills.steps} acknowledged steps: compared "
        f"{kills.events} viewings, {kills.consents} decisions, {kills.reports} reports; "
        f"{len(kills.losses)} losses, {len(kills.double_reports)} double reports, "
        f"{len(kills.budget_errors)} budget errors\n"
        f"{damages.attacks} files damaged: {damages.noticed} noticed, {damages.without_effect} "
        f"without effect, {damages.lost_tails} lost the end of the history's log; "
        f"{len(damages.wrong_answers)} silent wrong answers"
    )


if __name__ == "__main__":
    main()
