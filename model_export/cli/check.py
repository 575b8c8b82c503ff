"""``model-export check``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgeagent.command_group import emit_json, json_option
from edgeagent.help_pages import HelpfulCommand
from model_export.cli.options import genres_option, strict_option

if TYPE_CHECKING:
    from model_export.loaders.omissions import Omission
    from model_export.loaders.understanding import Understanding

__all__ = ["command"]

_MOST_GROUPS = 5
"""Of ids that look alike: enough to see what is wrong; ``--json`` has all."""


@click.command(
    "check",
    cls=HelpfulCommand,
    examples={
        "an own log and its catalogue": (
            "model-export check --ratings views.csv --catalogue titles.csv"
        ),
    },
)
@click.option(
    "--catalogue",
    type=click.Path(path_type=Path),
    required=True,
    help="CSV or Parquet with item, title, …, an XMLTV guide, schema.org JSON-LD, or a MovieLens "
    "directory.",
)
@click.option(
    "--ratings",
    type=click.Path(path_type=Path),
    help="Viewings of its titles: CSV or Parquet with user, item, timestamp, or a MovieLens "
    "directory.",
)
@strict_option
@genres_option
@json_option
def command(
    *,
    catalogue: Path,
    ratings: Path | None,
    strict: bool,
    mapping: Path | None,
    as_json: bool,
) -> None:
    """Say what 'train' would understand of a catalogue and a log; trains nothing.

    With --json every title is printed as it was read.
    """
    from model_export.cli.facts import show_lifted  # noqa: PLC0415  (loads numpy)
    from model_export.loaders.understanding import understand  # noqa: PLC0415  (loads numpy)
    from model_export.topics.mapping import NO_MAPPING, load_mapping  # noqa: PLC0415

    known = NO_MAPPING if mapping is None else load_mapping(mapping)
    understood = understand(catalogue, ratings, mapping=known, strict=strict)
    if as_json:
        emit_json(understood.as_json())
        return
    _print_entries(understood)
    _print_titles(understood)
    _print_omissions("left out", understood.catalogue.left_out)
    _print_omissions("not read", understood.catalogue.ignored)
    _print_groups("ids that look alike", understood.look_alikes)
    _print_groups("one title under several ids", understood.same_titles)
    show_lifted(understood.lifted_words)
    _print_viewings(understood)


def _print_entries(understood: Understanding) -> None:
    merged = understood.catalogue.merged
    left_out = understood.entries - merged - len(understood.catalogue.titles)
    click.echo(
        f"entries    {understood.entries:,}: {merged:,} are another mention of a title, "
        f"{left_out:,} left out"
    )


def _print_titles(understood: Understanding) -> None:
    click.echo(f"titles     {len(understood.catalogue.titles):,}: {_counts(understood.kinds)}")
    click.echo(f"series     {understood.series:,}")
    click.echo(f"ages       {_counts(understood.ages)}  (0: for everybody, or not said)")
    languages = understood.catalogue.languages
    click.echo(f"languages  {_counts(languages) if languages else 'not said'}")
    if "unknown" in understood.ages:
        click.echo("           titles of unknown age are not shown to children and teens")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _print_omissions(what: str, omissions: Sequence[Omission]) -> None:
    for each in omissions:
        click.echo(f"{what}: {each.count:,} × {each.reason}")
        click.echo(f"           first in {'; '.join(each.first)}")


def _print_groups(what: str, groups: Sequence[Sequence[str]]) -> None:
    if groups:
        click.echo(f"{what}: {len(groups):,}")
        for ids in groups[:_MOST_GROUPS]:
            click.echo(f"           {', '.join(map(ascii, ids))}")


def _print_viewings(understood: Understanding) -> None:
    viewings = understood.viewings
    if viewings is None:
        return
    click.echo(
        f"viewings   {viewings.read:,} read, {viewings.counted:,} counted, of "
        f"{viewings.people:,} people and {viewings.watched_titles:,} titles"
    )
    for remark in viewings.remarks:
        click.echo(f"           {remark}")
    _print_omissions("viewings", viewings.unknown_items)
    if viewings.unknown_items:
        click.echo("           'train' refuses them unless given --skip-unknown")
    _print_omissions("not read", viewings.ignored)
