"""``model-export``: train a model, judge it, export it, look at it."""

from __future__ import annotations

import click

from edgeagent import __version__
from edgeagent.command_group import CommandGroup
from edgeagent.help_pages import HELP_SETTINGS, sectioned
from edgeagent.man_pages import man_pages_option
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


_SECTIONS = {
    "Before training": (check.command, genres.command),
    "Train and judge": (
        train.command,
        evaluate.command,
        segments.command,
        portray.command,
        drift.command,
    ),
    "Export": (export.command, creatives.command, inspect.command),
}


@click.group(
    cls=CommandGroup,
    context_settings=HELP_SETTINGS,
    **sectioned(_SECTIONS),
    examples={
        "a model of an invented panel": "model-export train --out model.npz",
        "the files that boxes need of it": "model-export export model.npz --out export",
    },
)
@man_pages_option
@click.version_option(__version__, package_name="edgeagent")
def main() -> None:
    """Make the segment model that boxes download.

    Viewings come from a log (--ratings): a MovieLens directory, or a table with
    its catalogue; or from a panel that is invented from --seed.
    """
