"""``server-stub demo``."""

from __future__ import annotations

from pathlib import Path

import click

from edgeagent.clock import Clock, moment_of_iso
from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputDirectory
from edgeagent.help_pages import HelpfulCommand
from server_stub.cli.options import at_option

__all__ = ["demo"]

_REPORTS = 100_000
_SEED = 1
_EARLIEST = int(moment_of_iso("1972-01-01"))
"""Its model and weeks are of the year before, and no message has a time before 1970."""


@click.command(
    cls=HelpfulCommand,
    examples={
        "a server to look at, then its page": "server-stub demo demo",
    },
)
@click.argument("directory", type=OutputDirectory())
@click.option(
    "--reports",
    type=click.IntRange(min=1),
    default=_REPORTS,
    show_default=True,
    help="How many boxes report in each of 26 weeks.",
)
@click.option("--seed", type=click.IntRange(min=0), default=_SEED, show_default=True)
@at_option
@json_option
def demo(*, directory: Path, reports: int, seed: int, clock: Clock, as_json: bool) -> None:
    """Make a filled server in DIRECTORY, to look at its page and to plan with.

    Catalogue and audience are invented, with a season and a hit in it. The reports have the noise
    that boxes add. Its models are no models: a box would refuse them.
    """
    # numpy, scipy and rich are for this command only.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    from server_stub.demo.fill import (  # noqa: PLC0415
        DEMO_WEEKS,
        REPOSITORY_NAME,
        STORE_NAME,
        make_demo,
    )
    from server_stub.demo.plan_files import (  # noqa: PLC0415  (the same)
        CANDIDATES_NAME,
        PORTRAIT_NAME,
        SLOTS_NAME,
    )

    if clock.now() < _EARLIEST:
        raise click.BadParameter(
            "a demo looks back on half a year: name a time from 1972 on", param_hint="--at"
        )
    console = Console(stderr=True)
    hidden = as_json or not console.is_terminal  # a log file is no place for a bar
    with Progress(console=console, transient=True, disable=hidden) as bar:
        weeks = bar.add_task("weeks", total=DEMO_WEEKS)
        make_demo(
            directory,
            now=clock.now(),
            reports=reports,
            seed=seed,
            advance=lambda: bar.advance(weeks),
        )
    repository, store = directory / REPOSITORY_NAME, directory / STORE_NAME
    portrait, candidates = directory / PORTRAIT_NAME, directory / CANDIDATES_NAME
    slots = directory / SLOTS_NAME
    if as_json:
        emit_json(
            {
                "repository": str(repository),
                "store": str(store),
                "portrait": str(portrait),
                "candidates": str(candidates),
                "slots": str(slots),
            }
        )
        return
    of_demo = f"--repository {repository} --store {store}"
    click.echo(f"server-stub serve --page {of_demo} --page-portrait {portrait}")
    click.echo(f"server-stub plan brief 0 {of_demo} --portrait {portrait}")
    click.echo(f"server-stub plan schedule {of_demo} --candidates {candidates} --slots {slots}")
