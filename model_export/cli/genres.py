"""``model-export genres``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgeagent.command_group import emit_json, json_option
from edgeagent.errors import InputError
from edgeagent.help_pages import HelpfulCommand
from model_export.cli.options import genres_option

if TYPE_CHECKING:
    from edgeagent.messages import Title

__all__ = ["command"]


@click.command(
    "genres",
    cls=HelpfulCommand,
    examples={
        "of a catalogue": "model-export genres --catalogue titles.csv",
    },
)
@click.option(
    "--ratings",
    type=click.Path(path_type=Path),
    help="MovieLens directory, in place of a catalogue.",
)
@click.option(
    "--catalogue",
    type=click.Path(path_type=Path),
    help="CSV or Parquet with item, title, …, an XMLTV guide, or schema.org JSON-LD.",
)
@genres_option
@json_option
def command(
    *, ratings: Path | None, catalogue: Path | None, mapping: Path | None, as_json: bool
) -> None:
    """List the genre words of a catalogue whose meaning is not known.

    A segment in which titles of unknown topic carry 10 % of the viewings or
    more stays on the device. Say what the words mean in a CSV with the columns
    word, genre and topics, and give it to 'train' with --genres.
    """
    from model_export.topics.mapping import NO_MAPPING, load_mapping  # noqa: PLC0415
    from model_export.topics.titles import unknown_words  # noqa: PLC0415

    titles = _titles(ratings, catalogue)
    known = NO_MAPPING if mapping is None else load_mapping(mapping)
    found = unknown_words(titles, known)
    if as_json:
        emit_json({"titles": len(titles), "unknown": [asdict(word) for word in found]})
        return
    for each in found:
        such_as = "; ".join(each.examples)
        click.echo(f"{each.count:7,}  {each.word or '(no genre)'}  (such as {such_as})")
    if not found:
        click.echo(f"all genre words of {len(titles):,} titles are known")


def _titles(ratings: Path | None, catalogue: Path | None) -> tuple[Title, ...]:
    from model_export.loaders import load_catalogue, load_log  # noqa: PLC0415  (loads numpy)

    if catalogue is not None:
        return load_catalogue(catalogue).titles
    if ratings is not None:
        return load_log(ratings).titles
    raise InputError("no titles are named", hint="name them with --catalogue")
