"""``server-stub spool``: reports of several servers in one directory."""

from __future__ import annotations

from pathlib import Path

import click

from edgeagent.clock import Clock
from edgeagent.command_group import emit_json, json_option
from edgeagent.help_pages import HelpfulGroup
from server_stub.cli.keep import say_closed
from server_stub.cli.options import at_option, grace_option, repository_option, store_option
from server_stub.cli.source import SPOOL, engine_options, summing_spool
from server_stub.distribution.published_tasks import published_tasks

__all__ = ["spool"]

_spool_option = click.option(
    "--spool", "directory", type=SPOOL, required=True, help="Directory that servers share."
)


@click.group(
    cls=HelpfulGroup,
    examples={
        "on each server": (
            "server-stub spool write --spool SPOOL --repository repo --store reports.db"
        ),
        "on one of them": "server-stub spool close --spool SPOOL --repository repo",
    },
)
def spool() -> None:
    """Sum the reports of several servers together.

    Each server writes what it has; one machine closes windows and estimates.
    """


@spool.command()
@_spool_option
@store_option
@repository_option
@json_option
def write(*, directory: Path, store: Path, repository: Path, as_json: bool) -> None:
    """Copy the reports of a store's open windows into the spool.

    It replaces what was copied from this store before: run it once an hour or more often.
    """
    from server_stub.aggregation.spool import Spool  # noqa: PLC0415  (for this command only)
    from server_stub.aggregation.spool_writing import write_spool  # noqa: PLC0415  (the same)

    done = write_spool(store, Spool(directory), published_tasks(repository))
    if as_json:
        emit_json({"windows": done})
        return
    for window in done:
        click.echo(f"copied week {window.week} of {window.task}: {window.reports:,} reports")
    if not done:
        click.echo("no window is open")


@spool.command()
@_spool_option
@repository_option
@at_option
@grace_option
@engine_options
@json_option
def close(
    *,
    directory: Path,
    repository: Path,
    clock: Clock,
    grace_weeks: int,
    engine: str,
    master: str,
    as_json: bool,
) -> None:
    """Replace reports by their sums where the grace is over for all servers.

    That is two hours after it: servers copy what they have last when they close a window.
    """
    from server_stub.aggregation.spool import Spool  # noqa: PLC0415  (for this command only)
    from server_stub.aggregation.spool_closing import close_spool  # noqa: PLC0415  (the same)

    with summing_spool(directory, engine=engine, master=master) as aggregator:
        closed = close_spool(
            Spool(directory),
            aggregator,
            published_tasks(repository),
            clock=clock,
            grace_weeks=grace_weeks,
        )
    say_closed(closed, as_json=as_json)
