"""``server-stub calculate``."""

from __future__ import annotations

from fractions import Fraction

import click

from edgeagent.command_group import emit_json, json_option
from edgeagent.messages.task import MAX_ODDS, PERMITTED_CATEGORIES, PERMITTED_ODDS
from edgeagent.number_range import NumberRange
from edgeagent.privacy.subset_selection import SubsetSelection
from server_stub.planning.precision import plan_precision

__all__ = ["calculate"]


@click.command()
@click.option(
    "--boxes",
    type=click.IntRange(min=1),
    help="How many boxes report; each does once a quarter.  [or --half-width]",
)
@click.option(
    "--half-width",
    type=NumberRange(min=0, max=1, min_open=True),
    help="Half the width that a segment's interval may have (0.01 is one point of share).",
)
@click.option(
    "--share",
    default=0.05,
    show_default=True,
    type=NumberRange(0, 1),
    help="Of the segment, as a part of all viewing sessions.",
)
@click.option(
    "--odds",
    type=click.Choice([str(odds) for odds in PERMITTED_ODDS]),
    default=str(MAX_ODDS),
    show_default=True,
    help="e^epsilon of a report.",
)
@click.option(
    "--segments",
    type=click.Choice([str(categories - 1) for categories in PERMITTED_CATEGORIES]),
    default="32",
    show_default=True,
    help="Of the task.",
)
@json_option
def calculate(
    *,
    boxes: int | None,
    half_width: float | None,
    share: float,
    odds: str,
    segments: str,
    as_json: bool,
) -> None:
    """Calculate the half-width of an interval from boxes, or back."""
    plan = plan_precision(
        SubsetSelection(int(segments) + 1, Fraction(odds)),
        share,
        reports=boxes,
        within=half_width,
    )
    if as_json:
        emit_json(plan)
    else:
        for line in plan.lines():
            click.echo(line)
