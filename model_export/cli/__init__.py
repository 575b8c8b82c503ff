"""``model-export``: train a model, judge it, export it, look at it."""

from __future__ import annotations

import click

from edgeagent import __version__
from edgeagent.command_group import HELP_NAMES, CommandGroup
from model_export.cli import (
    check,
    creatives,
    drift,
    evaluate,
    export,
    genres,
    inspect,
    portray,
    segments,
    train,
)

__all__ = ["main"]


@click.group(cls=CommandGroup, context_settings=HELP_NAMES)
@click.version_option(__version__, package_name="edgeagent")
def main() -> None:
    """Make the segment model that boxes download.

    Viewings come from a log (--ratings): a MovieLens directory, or a table with
    its catalogue; or from a panel that is invented from --seed.
    """


for _noun in (
    check,
    train,
    evaluate,
    segments,
    portray,
    drift,
    genres,
    export,
    creatives,
    inspect,
):
    main.add_command(_noun.command)
