"""``edgeagent simulate sweep``: how precise estimates will be, before a box is bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from edgeagent.cli.simulator_extra import simulator_needed
from edgeagent.cli.wording import TranslatedCommand
from edgeagent.command_group import emit_json, json_option
from edgeagent.messages.task import PERMITTED_SEGMENTS

if TYPE_CHECKING:
    from edgeagent.simulator.sweep import Sweep

__all__ = ["command"]

_FLEETS = (1_000, 10_000, 100_000, 1_000_000)


@click.command(name="sweep", cls=TranslatedCommand)
@click.option(
    "--share",
    default=0.05,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Of the segment, in all viewing sessions.",
)
@click.option(
    "--segments",
    default="32",
    show_default=True,
    type=click.Choice([str(number) for number in PERMITTED_SEGMENTS]),
    help="How many the model tells apart.",
)
@click.option(
    "--boxes",
    multiple=True,
    default=_FLEETS,
    show_default=True,
    type=click.IntRange(100, 100_000_000),
    help="Fleet sizes; each box reports once in a quarter.  Can be repeated.",
)
@json_option
def command(*, share: float, segments: str, boxes: tuple[int, ...], as_json: bool) -> None:
    """Chart how precisely a segment is known: e^epsilon by fleet size."""
    with simulator_needed():
        from edgeagent.simulator.sweep import run_sweep, summarize_sweep  # noqa: PLC0415
    sweep = run_sweep(share=share, categories=int(segments) + 1, fleets=tuple(sorted(set(boxes))))
    if as_json:
        emit_json(summarize_sweep(sweep))
    else:
        _print_table(sweep)


def _print_table(sweep: Sweep) -> None:
    fleets = sorted({point.boxes for point in sweep.points})
    click.echo("".join(["e^epsilon", *(f"{boxes:>14,}" for boxes in fleets)]))
    for odds in dict.fromkeys(point.odds for point in sweep.points):
        widths = (point.half_width for point in sweep.points if point.odds == odds)
        click.echo(f"{odds!s:9}" + "".join(f"{f'±{100 * width:.2f}':>14}" for width in widths))
    click.echo()
    for sentence in sweep.sentences():
        click.echo(sentence)
