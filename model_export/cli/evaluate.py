"""``model-export evaluate``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from edgeagent.command_group import emit_json, json_option
from edgeagent.help_pages import HelpfulCommand
from model_export.cli.options import (
    Source,
    dimension_option,
    progress_bar,
    segments_option,
    source_options,
)

if TYPE_CHECKING:
    from model_export.comparison import Comparison

__all__ = ["command"]


@click.command(
    "evaluate",
    cls=HelpfulCommand,
    examples={
        "on MovieLens": "model-export evaluate --ratings ml-latest-small",
    },
)
@source_options
@segments_option
@dimension_option(default="128")
@click.option(
    "--protocol",
    type=click.Choice(["strong", "last", "global", "cold", "segments"]),
    default="global",
    show_default=True,
    help="How viewings are split.",
)
@click.option("--models", default="", help="Rows to compute, comma-separated.  [default: all]")
@json_option
def command(
    *,
    source: Source,
    segments: int,
    dimension: int | None,
    protocol: str,
    models: str,
    as_json: bool,
) -> None:
    """Compare the model with what it has to beat, on people held out.

    \b
    global    train on the first four fifths of the time, rank for what people
              with five later viewings watched in the second half of them
    strong    hold out a tenth of the people, rank a fifth of their titles
    last      leave out everybody's last viewing
    cold      make a tenth of the titles new, rank those only, beside a model
              that knew them
    segments  global, ranking by the mix of segments alone

    All titles not yet watched are ranked, never a sample. Every row's settings
    are chosen inside the training part, on people held out in the same way. The
    global split decides what is shipped.
    """  # noqa: D301  (click's mark for a block that is not rewrapped)
    from model_export.comparison import compare  # noqa: PLC0415  (loads numpy)
    from model_export.heads.fit import DIMENSION  # noqa: PLC0415

    with progress_bar("Comparing", hidden=as_json) as progress:
        progress("Reading viewings", 0.0)
        comparison = compare(
            source.load(),
            protocol=protocol,
            dimension=dimension or DIMENSION,
            segments=segments,
            seed=source.seed,
            models=[name.strip() for name in models.split(",") if name.strip()],
            progress=progress,
        )
    for name, why in comparison.left_out.items():
        click.echo(f"left out: {name}; {why}", err=True)
    if as_json:
        emit_json(comparison.facts())
        return
    _show(comparison)


def _show(comparison: Comparison) -> None:
    from model_export.evaluation.ranking import mean_and_se, paired_gain  # noqa: PLC0415  (loads numpy)

    baseline = comparison.rows[-1]
    width = max(len(row.model) for row in comparison.rows)
    click.echo(f"{comparison.people:,} people, protocol {comparison.protocol}; ± is s.e.")
    click.echo(f"gain: NDCG@100 over {baseline.model}, for the same people\n")
    click.echo(
        f"{'':{width}}  {'NDCG@100':>13}  NDCG@10  rec@20  rec@50  HR@10  {'gain':>14}"
        "  titles shown  novelty  seconds         size"
    )
    for row in comparison.rows:
        quality = row.quality
        mean, error = mean_and_se(quality.ndcg_at_100)
        gain, gain_error = paired_gain(quality.ndcg_at_100, baseline.quality.ndcg_at_100)
        click.echo(
            f"{row.model:{width}}  {mean:5.3f} ± {error:5.3f}  {quality.ndcg_at_10.mean():7.3f}"
            f"  {quality.recall_at_20.mean():6.3f}  {row.recall_at_50.mean():6.3f}"
            f"  {quality.hit_rate_at_10.mean():5.3f}  {gain:+.3f} ± {gain_error:.3f}"
            f"  {row.coverage_fraction:12.1%}  {row.novelty_bits:7.1f}  {row.seconds:7.1f}"
            f"  {row.size_bytes / 1e6:8.2f} MB"
        )
