"""``edgeagent simulate sweep``: how precise estimates will be, before a box is bought."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgeagent.cli.simulator_extra import segments_option, simulator_needed
from edgeagent.cli.wording import TranslatedCommand
from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputDirectory
from edgeagent.messages.task import PERMITTED_ODDS
from edgeagent.number_range import NumberRange
from edgeagent.stage_progress import progress_on_stderr

if TYPE_CHECKING:
    from rich.table import Table

    from edgeagent.simulator.sweep import Sweep

__all__ = ["command"]

_FLEETS = (1_000, 10_000, 100_000, 1_000_000)


@click.command(name="sweep", cls=TranslatedCommand)
@click.option(
    "--share",
    default=0.05,
    show_default=True,
    type=NumberRange(0, 1, min_open=True, max_open=True),
    help="Of the segment, in the answers of reporting boxes.",
)
@segments_option
@click.option(
    "--boxes",
    multiple=True,
    default=_FLEETS,
    show_default=True,
    type=click.IntRange(100, 100_000_000),
    help="Fleet sizes; can be repeated.  Up to 1,000,000 are simulated, too.",
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    type=click.IntRange(0),
    help="Of the simulated points.",
)
@click.option(
    "--out",
    default=Path("edgeagent-run"),
    show_default=True,
    type=OutputDirectory(),
    help="Where sweep.html goes.",
)
@json_option
def command(
    *, share: float, segments: str, boxes: tuple[int, ...], seed: int, out: Path, as_json: bool
) -> None:
    """Chart how precisely a segment is known: e^epsilon by fleet size."""
    with simulator_needed():
        from rich.console import Console  # noqa: PLC0415  (simulator extra)

        from edgeagent.simulator.sweep import (  # noqa: PLC0415  (simulator extra)
            raise_if_wrong,
            run_sweep,
            summarize_sweep,
        )
        from edgeagent.simulator.sweep_page import write_sweep_page  # noqa: PLC0415
    fleets = tuple(sorted(set(boxes)))
    with progress_on_stderr() as progress:
        progress.stage("Simulating fleets", len(PERMITTED_ODDS) * len(fleets))
        sweep = run_sweep(
            share=share,
            categories=int(segments) + 1,
            fleets=fleets,
            seed=seed,
            advance=progress.advance,
        )
    page = write_sweep_page(sweep, out / "sweep.html")
    if as_json:
        emit_json(summarize_sweep(sweep))
    else:
        console = Console(highlight=False)
        console.print(_table(sweep))
        console.print("\n".join([*sweep.sentences(), f"\nPage: {page}"]), markup=False)
    raise_if_wrong(sweep)


def _table(sweep: Sweep) -> Table:
    from rich.table import Table  # noqa: PLC0415  (simulator extra)

    table = Table("boxes", box=None, padding=(0, 3, 0, 0))
    for row in sweep.rows:
        table.add_column(f"e^ε = {row[0].odds}", justify="right")
    for place, boxes in enumerate(sweep.fleets):
        widths = (row[place].half_width for row in sweep.rows)
        table.add_row(f"{boxes:,}", *(f"±{100 * width:.2f}" for width in widths))
    return table
