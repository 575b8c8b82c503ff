"""``server-stub``: serve a repository and accept reports; estimate shares from them."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from edgeagent.clock import Clock, SystemClock, moment_of_iso
from edgeagent.command_group import HELP_NAMES, CommandGroup, emit_json, json_option
from edgeagent.messages.server_address import LOOPBACK
from server_stub.admission import DEFAULT_GRACE_WEEKS, Admission
from server_stub.aggregate import SqliteAggregator
from server_stub.publication import AudienceEstimate, estimate_audience, require_publishable
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
@click.option(
    "--at",
    "clock",
    callback=_clock_at,
    metavar="TIME",
    help="Use this time instead of the clock's, ISO 8601.",
)
@click.option(
    "--grace-weeks",
    type=click.IntRange(0, 520),
    default=DEFAULT_GRACE_WEEKS,
    show_default=True,
    help="How long after its week a report is accepted.",
)
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
    from server_stub.ingest import Ingest  # noqa: PLC0415
    from server_stub.serving import listen  # noqa: PLC0415
    from server_stub.serving import serve as run_server  # noqa: PLC0415
    from server_stub.store import ReportStore  # noqa: PLC0415

    tasks = (load_task(task_file),) if task_file else published_tasks(repository)
    admission = Admission(tasks, clock=clock, grace_weeks=grace_weeks)
    with listen(host, port) as listener, closing(ReportStore(store)) as reports:
        app = create_app(repository=repository, admission=admission, ingest=Ingest(reports))
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
@json_option
def estimate(
    *,
    store: Path,
    repository: Path,
    task_file: Path | None,
    weeks: tuple[int, ...],
    simultaneous: bool,
    half_width: float | None,
    as_json: bool,
) -> None:
    """Estimate each segment's share of the viewing sessions, with intervals.

    Shares under subset_selection, mean clipped sessions per box under discrete_laplace.
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
    if as_json:
        emit_json(result)
    else:
        _show(result)


def _show(result: AudienceEstimate) -> None:
    # Only for people.
    from rich.console import Console  # noqa: PLC0415

    from server_stub.estimate_table import notes_on, table_of  # noqa: PLC0415

    console = Console(highlight=False)
    console.print(table_of(result))
    for note in notes_on(result):
        console.print(note, markup=False)
