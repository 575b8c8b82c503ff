"""``server-stub close``, ``backup`` and ``restore``: what is done with a store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgeagent.clock import Clock
from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputFile
from edgeagent.errors import InputError
from edgeagent.help_pages import HelpfulCommand
from server_stub.aggregation.sqlite_aggregator import SqliteAggregator
from server_stub.cli.options import (
    STORED_FILE,
    at_option,
    grace_option,
    is_stated,
    store_option,
)
from server_stub.cli.source import SPOOL

if TYPE_CHECKING:
    from server_stub.ingest.windows import ClosedWindow

__all__ = ["backup", "close", "restore", "say_closed"]


@click.command(
    cls=HelpfulCommand,
    examples={
        "what 'serve' does by itself, once an hour": "server-stub close --store reports.db",
    },
)
@store_option
@at_option
@grace_option
@click.option("--spool", type=SPOOL, help="Copy the reports there first, for several servers.")
@click.option("--repository", type=SPOOL, help="Holds their tasks.  [with --spool]")
@json_option
def close(
    *,
    store: Path,
    clock: Clock,
    grace_weeks: int,
    spool: Path | None,
    repository: Path | None,
    as_json: bool,
) -> None:
    """Replace reports by their sums where the grace is over.

    A running server does this by itself, once an hour. A clock more than a week ahead of the last
    time is not believed; --at says what time it is.
    """
    from server_stub.ingest.closing_clock import ClosingClock  # noqa: PLC0415  (as below)
    from server_stub.ingest.store import seen_day  # noqa: PLC0415  (as below)
    from server_stub.ingest.windows import close_windows  # noqa: PLC0415  (for this command only)

    if not is_stated(clock):
        clock = ClosingClock(clock, seen_day=seen_day(store))

    copy = _copier(store, spool, repository)
    # What is open is copied in any case; what is closed, when nothing more can be added to it.
    closed = close_windows(store, clock=clock, grace_weeks=grace_weeks, marked=copy)
    copy()
    say_closed(closed, as_json=as_json)


def _copier(store: Path, spool: Path | None, repository: Path | None) -> Callable[[], object]:
    if spool is None:
        return lambda: None
    if repository is None:
        raise InputError(
            "--spool needs --repository, which holds the tasks of the reports",
            hint="give the --repository that the server serves",
        )
    from server_stub.aggregation.spool import Spool  # noqa: PLC0415  (for a spool only)
    from server_stub.aggregation.spool_writing import write_spool  # noqa: PLC0415  (the same)
    from server_stub.distribution.published_tasks import published_tasks  # noqa: PLC0415  (the same)

    return partial(write_spool, store, Spool(spool), published_tasks(repository))


def say_closed(closed: Sequence[ClosedWindow], *, as_json: bool) -> None:
    """Print which windows were closed."""
    if as_json:
        emit_json({"closed": closed})
        return
    for window in closed:
        click.echo(f"closed week {window.week} of {window.task}: {window.reports:,} reports")
    if not closed:
        click.echo("no window is over")


@click.command(
    cls=HelpfulCommand,
    examples={
        "while the server runs": "server-stub backup --store reports.db backup.db",
    },
)
@store_option
@click.argument("target", type=OutputFile())
@json_option
def backup(*, store: Path, target: Path, as_json: bool) -> None:
    """Copy the store to TARGET, while a server writes to it.

    A backup keeps the reports of windows that close later: keep none for longer than 13 weeks.
    """
    from server_stub.ingest.backup import back_up  # noqa: PLC0415  (for these commands only)

    back_up(store, target)
    _say_copied(target, "backup", as_json=as_json)


@click.command(
    cls=HelpfulCommand,
    examples={
        "on a new machine": "server-stub restore --store reports.db backup.db",
    },
)
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
