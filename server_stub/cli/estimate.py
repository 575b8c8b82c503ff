"""``server-stub estimate``."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from edgeagent.command_group import emit_json, json_option
from edgeagent.help_pages import HelpfulCommand
from edgeagent.number_range import NumberRange
from server_stub.aggregation.publication import (
    MIN_PUBLISHABLE_REPORTS,
    AudienceEstimate,
    estimate_audience,
    require_publishable,
)
from server_stub.cli.export import csv_option, export, parquet_option
from server_stub.cli.options import repository_option, task_option
from server_stub.cli.source import ReportSource, source_options
from server_stub.distribution.published_tasks import load_task, manifest_of, published_tasks

__all__ = ["estimate"]


@click.command(
    cls=HelpfulCommand,
    examples={
        "a table for people": "server-stub estimate --repository repo --store reports.db",
        "only if it may be published": (
            "server-stub estimate --repository repo --store reports.db --half-width 0.01"
        ),
    },
)
@source_options
@repository_option
@task_option
@click.option(
    "--week",
    "weeks",
    type=int,
    multiple=True,
    help="Use only this UTC week; several are pooled.  [default: all weeks]",
)
@click.option(
    "--simultaneous",
    is_flag=True,
    help="Widen the intervals until all hold jointly (Bonferroni), not each alone.",
)
@click.option(
    "--half-width",
    type=NumberRange(min=0, min_open=True),
    help="For publication: refuse unless enough boxes reported and every interval is within ± this "
    "(0.01 is one point of share).",
)
@click.option(
    "--raw",
    is_flag=True,
    help=f"Show what fewer than {MIN_PUBLISHABLE_REPORTS:,} reports give, too: mostly noise.",
)
@csv_option
@parquet_option
@json_option
def estimate(  # noqa: PLR0913  (one parameter an option)
    source: ReportSource,
    *,
    repository: Path,
    task_file: Path | None,
    weeks: tuple[int, ...],
    simultaneous: bool,
    half_width: float | None,
    raw: bool,
    as_csv: bool,
    parquet: Path | None,
    as_json: bool,
) -> None:
    """Estimate each segment's share, with intervals.

    Shares of the answers of reporting boxes under subset_selection (one session of a box's week,
    or "none"), mean clipped sessions per box under discrete_laplace. Sensitive segments are not
    listed.
    """
    task = load_task(task_file) if task_file else published_tasks(repository)[-1]
    with source.opened() as aggregator:
        result = estimate_audience(
            aggregator,
            task,
            weeks=weeks,
            simultaneous=simultaneous,
            half_width=half_width,
            manifest=manifest_of(repository, task),
        )
    if half_width is not None:
        require_publishable(result)
    if not (raw or result.says_anything):
        result = msgspec.structs.replace(result, segments=())
    if not result.segments and (as_json or as_csv or parquet):
        from server_stub.aggregation.estimate_table import too_few  # noqa: PLC0415  (as below)

        click.echo(too_few(result), err=True)
    if as_json:
        emit_json(result)
    elif as_csv or parquet:
        from server_stub.aggregation.estimate_export import estimate_rows  # noqa: PLC0415  (60 MB)

        export(estimate_rows(result), as_csv=as_csv, parquet=parquet)
    else:
        _show(result)


def _show(result: AudienceEstimate) -> None:
    # Only for people.
    from rich.console import Console  # noqa: PLC0415

    from server_stub.aggregation.estimate_table import notes_on, table_of, too_few  # noqa: PLC0415

    console = Console(highlight=False)
    if not result.says_anything:
        click.echo(too_few(result))
    if not result.segments:
        return
    console.print(table_of(result))
    for note in notes_on(result):
        console.print(note, markup=False)
