"""``server-stub close``, ``backup`` and ``restore``: what is done with a store."""

from __future__ import annotations

from pathlib import Path

import click

from edgeagent.clock import Clock
from edgeagent.command_group import emit_json, json_option
from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from server_stub.cli.options import STORED_FILE, at_option, grace_option, store_option

__all__ = ["backup", "close", "restore"]


@click.command()
@store_option
@at_option
@grace_option
@json_option
def close(*, store: Path, clock: Clock, grace_weeks: int, as_json: bool) -> None:
    """Replace reports by their sums where the grace is over.

    A running server does this by itself, once an hour.
    """
    from server_stub.ingest.windows import close_windows  # noqa: PLC0415  (for this command only)

    closed = close_windows(store, clock=clock, grace_weeks=grace_weeks)
    if as_json:
        emit_json({"closed": closed})
        return
    for window in closed:
        click.echo(f"closed week {window.week} of {window.task}: {window.reports:,} reports")
    if not closed:
        click.echo("no window is over")


@click.command()
@store_option
@click.argument("target", type=STORED_FILE)
@json_option
def backup(*, store: Path, target: Path, as_json: bool) -> None:
    """Copy the store to TARGET, while a server writes to it.

    A backup keeps the reports of windows that close later: keep none for longer than 13 weeks.
    """
    from server_stub.ingest.backup import back_up  # noqa: PLC0415  (for these commands only)

    back_up(store, target)
    _say_copied(target, "backup", as_json=as_json)


@click.command()
@store_option
@click.argument("source", type=STORED_FILE)
@json_option
def restore(*, store: Path, source: Path, as_json: bool) -> None:
    """Put a backup back as the store, which must not exist.

    Reports that were acknowledged after the backup are lost: boxes do not send them again.
    """
    from server_stub.ingest.backup import restore as put_back  # noqa: PLC0415  (for these commands only)

    put_back(source, store)
    _say_copied(store, "store", as_json=as_json)


def _say_copied(path: Path, what: str, *, as_json: bool) -> None:
    reports = SqliteAggregator(path).report_count()
    if as_json:
        emit_json({what: str(path), "reports": reports})
    else:
        click.echo(f"{path}: {reports:,} reports")
