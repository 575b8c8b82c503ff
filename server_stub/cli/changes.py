"""``server-stub changes``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from edgeagent.command_group import emit_json, json_option
from edgeagent.help_pages import HelpfulCommand
from edgeagent.number_range import NumberRange
from server_stub.aggregation.changes import ERROR_RATE, AudienceChange, SegmentChange
from server_stub.aggregation.publication import MIN_PUBLISHABLE_REPORTS
from server_stub.aggregation.reading import AudienceReader, quarter_name
from server_stub.cli.export import csv_option, export, parquet_option
from server_stub.cli.options import repository_option
from server_stub.cli.source import ReportSource, source_options

__all__ = ["changes"]


@click.command(
    cls=HelpfulCommand,
    examples={
        "of one server": "server-stub changes --repository repo --store reports.db",
    },
)
@source_options
@repository_option
@click.option(
    "--error-rate",
    type=NumberRange(min=0, max=1, min_open=True, max_open=True),
    default=ERROR_RATE,
    show_default=True,
    help="The chance that any change is stated though nothing changed.",
)
@click.option(
    "--raw",
    is_flag=True,
    help=f"Show quarters of fewer than {MIN_PUBLISHABLE_REPORTS:,} reports, too: mostly noise.",
)
@csv_option
@parquet_option
@json_option
def changes(
    source: ReportSource,
    *,
    repository: Path,
    error_rate: float,
    raw: bool,
    as_csv: bool,
    parquet: Path | None,
    as_json: bool,
) -> None:
    """Say what changed from quarter to quarter, and what only seems to have.

    All segments of all quarters are judged together (Holm). Quarters compare as long as one model
    assigns their segments.
    """
    with source.opened() as aggregator:
        found = AudienceReader.of(repository, aggregator).changes(error_rate=error_rate)
    shown = tuple(change for change in found if raw or change.says_anything)
    hidden = [change for change in found if change not in shown]
    for change in hidden:
        click.echo(f"{_title(change)}: too few reports to say anything", err=as_json or as_csv)
    if as_json:
        emit_json({"changes": shown})
    elif as_csv or parquet:
        from server_stub.aggregation.estimate_export import change_rows  # noqa: PLC0415  (60 MB)

        export(change_rows(shown), as_csv=as_csv, parquet=parquet)
    else:
        for change in shown:
            click.echo("\n".join(_lines(change)))


def _title(change: AudienceChange) -> str:
    return f"{quarter_name(change.before_quarter)} to {quarter_name(change.after_quarter)}"


def _lines(change: AudienceChange) -> Iterator[str]:
    yield f"{_title(change)}, {change.comparisons} differences judged together:"
    changed = change.having("changed")
    yield "  changed:" if changed else "  no change that is certain enough"
    for segment in changed:
        yield f"    {_words(segment, change)}"
    seeming = change.having("seems to have changed")
    if seeming:
        by_chance = change.error_rate * len(change.segments)
        yield f"  only seem to have changed; if nothing did, about {by_chance:.1f} would, too:"
    for segment in seeming:
        yield f"    {_words(segment, change)}"
    yield f"  no change seen: {len(change.having('no change seen'))} segments"


def _words(segment: SegmentChange, change: AudienceChange) -> str:
    if change.unit == "share":
        return (
            f"{segment.name}: {segment.before:.1%} to {segment.after:.1%}, "
            f"{100 * segment.difference:+.1f} points "
            f"({100 * segment.low:+.1f} to {100 * segment.high:+.1f})"
        )
    return (
        f"{segment.name}: {segment.before:.3f} to {segment.after:.3f} sessions, "
        f"{segment.difference:+.3f} ({segment.low:+.3f} to {segment.high:+.3f})"
    )
