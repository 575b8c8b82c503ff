"""``server-stub``: serve a repository and accept reports; estimate shares from them."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import click
import msgspec

from edgeagent.clock import Clock, SystemClock, moment_of_iso
from edgeagent.command_group import HELP_NAMES, CommandGroup, emit_json, json_option
from edgeagent.messages.server_address import LOOPBACK
from edgeagent.messages.task import MAX_ODDS, PERMITTED_CATEGORIES, PERMITTED_ODDS
from edgeagent.privacy.subset_selection import SubsetSelection
from server_stub.admission import DEFAULT_GRACE_WEEKS, Admission
from server_stub.aggregate import SqliteAggregator
from server_stub.planning import plan_precision
from server_stub.publication import (
    MIN_PUBLISHABLE_REPORTS,
    AudienceEstimate,
    estimate_audience,
    require_publishable,
)
from server_stub.repository import load_task, manifest_of, published_tasks

__all__ = ["main"]

_REQUESTS_A_MINUTE = 6000
"""A carrier's NAT puts thousands of boxes behind one address; each asks a few times a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _FixedClock(SystemClock):
    """A clock with a fixed time, for simulations that run faster than real time."""

    seconds: int

    def now(self) -> int:
        return self.seconds


def _clock_at(_ctx: click.Context, _option: click.Parameter, value: str | None) -> Clock:
    if value is None:
        return SystemClock()
    try:
        return _FixedClock(seconds=int(moment_of_iso(value)))
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not like 2026-11-24T00:00:00Z") from error


_directory = click.Path(file_okay=False, path_type=Path)
_file = click.Path(dir_okay=False, path_type=Path)

repository_option = click.option(
    "--repository",
    type=_directory,
    required=True,
    help="Directory that 'model-export publish' wrote.",
)
store_option = click.option(
    "--store", type=_file, required=True, help="Database that holds the reports."
)
task_option = click.option(
    "--task", "task_file", type=_file, help="Report task.  [default: those in the repository]"
)


at_option = click.option(
    "--at",
    "clock",
    callback=_clock_at,
    metavar="TIME",
    help="Use this time instead of the clock's, ISO 8601.",
)
grace_option = click.option(
    "--grace-weeks",
    type=click.IntRange(0, 520),
    default=DEFAULT_GRACE_WEEKS,
    show_default=True,
    help="How long after its week a report is accepted.",
)


@click.group(cls=CommandGroup, context_settings=HELP_NAMES)
def main() -> None:
    """Serve models and report tasks to boxes, accept their reports, estimate shares."""


@main.command()
@repository_option
@store_option
@task_option
@click.option("--host", default=LOOPBACK, show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Port to listen on; 0 chooses a free one.",
)
@at_option
@grace_option
@click.option(
    "--address-limit",
    "a_minute",
    type=click.IntRange(min=0),
    default=_REQUESTS_A_MINUTE,
    show_default=True,
    help="Requests a minute of one address, never of loopback; 0: no limit, for a server behind a "
    "proxy on another machine.",
)
@json_option
def serve(  # noqa: PLR0913  (one parameter an option)
    *,
    repository: Path,
    store: Path,
    task_file: Path | None,
    host: str,
    port: int,
    clock: Clock,
    grace_weeks: int,
    a_minute: int,
    as_json: bool,
) -> None:
    """Serve the repository and accept reports until stopped."""
    # Starlette and uvicorn are for this command only.
    from server_stub.address_rate import AddressRate  # noqa: PLC0415
    from server_stub.app import create_app  # noqa: PLC0415
    from server_stub.chores import keep_closing_windows  # noqa: PLC0415
    from server_stub.ingest import Ingest  # noqa: PLC0415
    from server_stub.serving import listen  # noqa: PLC0415
    from server_stub.serving import serve as run_server  # noqa: PLC0415
    from server_stub.store import ReportStore  # noqa: PLC0415

    tasks = (load_task(task_file),) if task_file else published_tasks(repository)
    admission = Admission(tasks, clock=clock, grace_weeks=grace_weeks)
    with listen(host, port) as listener, closing(ReportStore(store)) as reports:
        app = create_app(
            repository=repository,
            admission=admission,
            ingest=Ingest(reports),
            chores=partial(keep_closing_windows, store, clock=clock, grace_weeks=grace_weeks),
        )
        port = listener.getsockname()[1]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        started = {"url": url, "port": port, "pid": os.getpid(), "tasks": [t.name for t in tasks]}
        click.echo(msgspec.json.encode(started).decode() if as_json else f"serving on {url}")
        run_server(AddressRate(app, a_minute=a_minute) if a_minute else app, listener)


@main.command()
@store_option
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
    type=click.FloatRange(min=0, min_open=True),
    help="For publication: refuse unless enough boxes reported and every interval is within ± this "
    "(0.01 is one point of share).",
)
@click.option(
    "--raw",
    is_flag=True,
    help=f"Show what fewer than {MIN_PUBLISHABLE_REPORTS:,} reports give, too: mostly noise.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, a row a segment.")
@json_option
def estimate(  # noqa: PLR0913  (one parameter an option)
    *,
    store: Path,
    repository: Path,
    task_file: Path | None,
    weeks: tuple[int, ...],
    simultaneous: bool,
    half_width: float | None,
    raw: bool,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Estimate each segment's share of the viewing sessions, with intervals.

    Shares under subset_selection, mean clipped sessions per box under discrete_laplace. Sensitive
    segments are not listed.
    """
    task = load_task(task_file) if task_file else published_tasks(repository)[-1]
    result = estimate_audience(
        SqliteAggregator(store),
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
    if as_json:
        emit_json(result)
    elif as_csv:
        from server_stub.estimate_table import csv_of  # noqa: PLC0415  (as below)

        click.echo(csv_of(result, task), nl=False)
    else:
        _show(result)


@main.command()
@store_option
@at_option
@grace_option
@json_option
def close(*, store: Path, clock: Clock, grace_weeks: int, as_json: bool) -> None:
    """Close the windows whose grace is over: keep their sums, delete their reports.

    A running server does this by itself, once an hour.
    """
    from server_stub.windows import close_windows  # noqa: PLC0415  (for this command only)

    closed = close_windows(store, clock=clock, grace_weeks=grace_weeks)
    if as_json:
        emit_json({"closed": closed})
        return
    for window in closed:
        click.echo(f"closed week {window.week} of {window.task}: {window.reports:,} reports")
    if not closed:
        click.echo("no window is over")


@main.command()
@store_option
@click.argument("target", type=_file)
@json_option
def backup(*, store: Path, target: Path, as_json: bool) -> None:
    """Copy the store to TARGET, while a server writes to it.

    A backup keeps the reports of windows that close later: keep none for longer than 13 weeks.
    """
    from server_stub.backup import back_up  # noqa: PLC0415  (for these commands only)

    back_up(store, target)
    _say_copied(target, "backup", as_json=as_json)


@main.command()
@store_option
@click.argument("source", type=_file)
@json_option
def restore(*, store: Path, source: Path, as_json: bool) -> None:
    """Put a backup back as the store, which must not exist.

    Reports that were acknowledged after the backup are lost: boxes do not send them again.
    """
    from server_stub.backup import restore as put_back  # noqa: PLC0415  (for these commands only)

    put_back(source, store)
    _say_copied(store, "store", as_json=as_json)


def _say_copied(path: Path, what: str, *, as_json: bool) -> None:
    reports = SqliteAggregator(path).report_count()
    if as_json:
        emit_json({what: str(path), "reports": reports})
    else:
        click.echo(f"{path}: {reports:,} reports")


@main.command()
@click.option(
    "--boxes",
    type=click.IntRange(min=1),
    help="How many boxes report; each does once a quarter.  [or --half-width]",
)
@click.option(
    "--half-width",
    type=click.FloatRange(min=0, max=1, min_open=True),
    help="Half the width that a segment's interval may have (0.01 is one point of share).",
)
@click.option(
    "--share",
    default=0.05,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Of the segment, as a part of all viewing sessions.",
)
@click.option(
    "--odds",
    type=click.Choice([str(odds) for odds in PERMITTED_ODDS]),
    default=str(MAX_ODDS),
    show_default=True,
    help="e^epsilon of a report.",
)
@click.option(
    "--segments",
    type=click.Choice([str(categories - 1) for categories in PERMITTED_CATEGORIES]),
    default="32",
    show_default=True,
    help="Of the task.",
)
@json_option
def calculate(
    *,
    boxes: int | None,
    half_width: float | None,
    share: float,
    odds: str,
    segments: str,
    as_json: bool,
) -> None:
    """Calculate how precisely a segment is known from so many boxes, or how many that takes."""
    plan = plan_precision(
        SubsetSelection(int(segments) + 1, Fraction(odds)),
        share,
        reports=boxes,
        within=half_width,
    )
    if as_json:
        emit_json(plan)
    else:
        for line in plan.lines():
            click.echo(line)


def _show(result: AudienceEstimate) -> None:
    # Only for people.
    from rich.console import Console  # noqa: PLC0415

    from server_stub.estimate_table import notes_on, table_of, too_few  # noqa: PLC0415

    console = Console(highlight=False)
    if not result.says_anything:
        click.echo(too_few(result))
    if not result.segments:
        return
    console.print(table_of(result))
    for note in notes_on(result):
        console.print(note, markup=False)
