"""``edgeagent simulate fleet``: a fleet alone, without training a model first."""

from __future__ import annotations

import signal
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from edgeagent.cli.lines_table import lines_table
from edgeagent.cli.simulator_extra import segments_option, simulator_needed
from edgeagent.cli.wording import TranslatedCommand
from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputDirectory
from edgeagent.errors import PromiseBroken
from edgeagent.messages.fields import MechanismName
from edgeagent.messages.task import MAX_ODDS, PERMITTED_ODDS
from edgeagent.number_range import NumberRange
from edgeagent.simulator.fleet.poisoning import AttackName, pushing_the_rarest
from edgeagent.stage_progress import progress_on_stderr

if TYPE_CHECKING:
    from edgeagent.simulator.fleet.outcome import FleetOutcome
    from edgeagent.simulator.fleet.scenario import Scenario

__all__ = ["FLEET_SIZE", "command", "poison_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])

FLEET_SIZE = click.IntRange(100, 100_000_000)
_MOST_POISON = 0.5
"""Beyond one half it is the honest boxes that disturb."""


def poison_options(command: _Command) -> _Command:
    """Add the options about boxes that lie."""
    poison = click.option(
        "--poison",
        default=0.0,
        show_default=True,
        type=NumberRange(0, _MOST_POISON),
        help="Fraction of the fleet's reporting boxes that lie.",
    )
    attack = click.option(
        "--attack",
        type=click.Choice(get_args(AttackName)),
        default="maximal-gain",
        show_default=True,
        help="How they lie; their target is the segment with the smallest share.",
    )
    return poison(attack(command))


@click.command(name="fleet", cls=TranslatedCommand)
@click.option(
    "--boxes", default=1_000_000, show_default=True, type=FLEET_SIZE, help="How many boxes."
)
@click.option(
    "--weeks",
    default=52,
    show_default=True,
    type=click.IntRange(1, 520),
    help="How long; in each week a thirteenth of the boxes is due.",
)
@segments_option
@click.option(
    "--mechanism",
    default="subset_selection",
    show_default=True,
    type=click.Choice(get_args(MechanismName)),
    help="What makes reports noisy.",
)
@click.option(
    "--odds",
    default="3",
    show_default=True,
    type=click.Choice([str(odds) for odds in PERMITTED_ODDS]),
    help="e^epsilon of a report.",
)
@poison_options
@click.option("--seed", default=1, show_default=True, type=int, help="Determines all numbers.")
@click.option(
    "--processes",
    type=click.IntRange(1, 256),
    help="How many.  [default: one a processor, one alone for a small fleet]",
)
@click.option(
    "--out",
    default=Path("edgeagent-run"),
    show_default=True,
    type=OutputDirectory(),
    help="Where fleet.html goes, and what a run that is cut short has finished, to go on from.",
)
@json_option
def command(*, processes: int | None, out: Path, as_json: bool, **given: Any) -> None:
    """Let a fleet of many boxes report, with an invented audience, and judge the estimates."""
    with simulator_needed():
        from edgeagent.simulator.fleet.checkpoint import CHECKPOINT_NAME, forget  # noqa: PLC0415
        from edgeagent.simulator.fleet.engine import box_windows, run_fleet  # noqa: PLC0415
        from edgeagent.simulator.fleet.summary import broken_fleet_promises  # noqa: PLC0415
        from edgeagent.simulator.fleet_page import section_count, write_fleet_page  # noqa: PLC0415
    # Asked to end by another program is like Ctrl-C: what is finished is kept.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    scenario = _scenario(**given)
    with progress_on_stderr() as progress:
        progress.stage("Reports of the virtual fleet", box_windows(scenario))
        outcome = run_fleet(
            scenario,
            advance=progress.advance,
            processes=processes,
            checkpoint=out / CHECKPOINT_NAME,
        )
        progress.stage("Drawing the page", section_count(scenario))
        page = write_fleet_page(outcome, out / "fleet.html", advance=progress.advance)
    _show(outcome, page, as_json=as_json)
    forget(out / CHECKPOINT_NAME)
    broken = broken_fleet_promises(outcome)
    if broken:
        raise PromiseBroken("; ".join(broken), hint="run it with another --seed to rule out chance")


def _scenario(  # noqa: PLR0913  (one for each option)
    *,
    boxes: int,
    weeks: int,
    segments: str,
    mechanism: MechanismName,
    odds: str,
    poison: float,
    attack: AttackName,
    seed: int,
) -> Scenario:
    from edgeagent.simulator.fleet.scenario import Scenario, invented_mix  # noqa: PLC0415

    if mechanism == "discrete_laplace" and Fraction(odds) != MAX_ODDS:
        raise click.UsageError(f"--mechanism discrete_laplace goes with --odds {MAX_ODDS} alone")
    mix = invented_mix(int(segments) + 1)
    return Scenario(
        boxes=boxes,
        weeks=weeks,
        seed=seed,
        mix=mix,
        mechanism=mechanism,
        odds=Fraction(odds),
        poisoning=pushing_the_rarest(mix, attack=attack, share=poison),
    )


def _show(outcome: FleetOutcome, page: Path, *, as_json: bool) -> None:
    from rich.console import Console  # noqa: PLC0415  (simulator extra)

    from edgeagent.simulator.fleet.summary import (  # noqa: PLC0415  (simulator extra)
        fleet_details,
        fleet_lines,
        summarize_fleet,
        summarize_windows,
    )

    if as_json:
        emit_json({**summarize_fleet(outcome), "windows": summarize_windows(outcome)})
    else:
        lines = (*fleet_lines(outcome), *fleet_details(outcome), ("page", str(page)))
        Console().print(lines_table(lines))
