"""``server-stub calculate``."""

from __future__ import annotations

from fractions import Fraction

import click

from edgeagent.command_group import emit_json, json_option
from edgeagent.help_pages import HelpfulCommand
from edgeagent.messages.task import MAX_ODDS, PERMITTED_CATEGORIES, PERMITTED_ODDS
from edgeagent.number_range import NumberRange
from edgeagent.privacy.accounting import epsilon as epsilon_of
from edgeagent.privacy.subset_selection import SubsetSelection
from server_stub.aggregation.publication import SHARE_OF
from server_stub.planning.precision import plan_precision

__all__ = ["calculate"]


_ODDS_OF = {f"{epsilon_of(odds):.2f}": odds for odds in PERMITTED_ODDS}


@click.command(
    cls=HelpfulCommand,
    examples={
        "how precise are 50,000 boxes?": "server-stub calculate --boxes 50000",
        "how many boxes for ± half a point?": "server-stub calculate --half-width 0.005",
    },
)
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
    help=f"Of the segment, as a part {SHARE_OF}.",
)
@click.option(
    "--odds",
    type=click.Choice([str(odds) for odds in PERMITTED_ODDS]),
    help=f"e^epsilon of a report.  [or --epsilon; default: {MAX_ODDS}]",
)
@click.option(
    "--epsilon",
    type=click.Choice(list(_ODDS_OF)),
    help="Of a report: the logarithm of --odds.  [or --odds]",
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
    odds: str | None,
    epsilon: str | None,
    segments: str,
    as_json: bool,
) -> None:
    """Calculate the half-width of an interval from boxes, or back."""
    if odds and epsilon:
        raise click.UsageError("--odds and --epsilon say the same: give one of them")
    chosen = _ODDS_OF[epsilon] if epsilon else Fraction(odds or MAX_ODDS)
    plan = plan_precision(
        SubsetSelection(int(segments) + 1, chosen),
        share,
        reports=boxes,
        within=half_width,
    )
    if as_json:
        emit_json(plan)
    else:
        for line in plan.lines():
            click.echo(line)
