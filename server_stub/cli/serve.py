"""``server-stub serve``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from edgeagent.clock import Clock
from edgeagent.command_group import json_option
from edgeagent.help_pages import HelpfulCommand
from edgeagent.messages.server_address import LOOPBACK
from server_stub.cli.options import (
    at_option,
    grace_option,
    is_stated,
    repository_option,
    store_option,
    task_option,
)
from server_stub.cli.page_options import PageOptions, page_options
from server_stub.cli.source import SPOOL
from server_stub.distribution.published_tasks import load_task, published_tasks
from server_stub.ingest.admission import Admission

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from server_stub.ingest.chores import Chore

__all__ = ["serve"]

_REQUESTS_A_MINUTE = 6000
"""A carrier's NAT puts thousands of boxes behind one address; each asks a few times a day."""


@click.command(
    cls=HelpfulCommand,
    examples={
        "for boxes of this machine": "server-stub serve --repository repo --store reports.db",
        "with the programmers' page": (
            "server-stub serve --repository repo --store reports.db --page"
        ),
    },
)
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
@click.option(
    "--metrics-port",
    type=click.IntRange(0, 65535),
    help="Serve /metrics for Prometheus there, on loopback; 0 chooses a free port.",
)
@click.option("--spool", type=SPOOL, help="Copy reports there once an hour, for several servers.")
@page_options
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
    metrics_port: int | None,
    spool: Path | None,
    page: PageOptions | None,
    as_json: bool,
) -> None:
    """Serve the repository and accept reports until stopped."""
    # Starlette and uvicorn are for this command only.
    from server_stub.ingest.address_rate import AddressRate  # noqa: PLC0415
    from server_stub.ingest.app import create_app  # noqa: PLC0415
    from server_stub.ingest.chores import keep_closing_windows, run_together  # noqa: PLC0415
    from server_stub.ingest.closing_clock import ClosingClock  # noqa: PLC0415
    from server_stub.ingest.group_commit import Ingest  # noqa: PLC0415
    from server_stub.ingest.json_log import log_as_json  # noqa: PLC0415
    from server_stub.ingest.metrics import Metrics  # noqa: PLC0415
    from server_stub.ingest.serving import listen  # noqa: PLC0415
    from server_stub.ingest.serving import serve as run_server  # noqa: PLC0415
    from server_stub.ingest.store import ReportStore, seen_day  # noqa: PLC0415

    tasks = (load_task(task_file),) if task_file else published_tasks(repository)
    log_as_json()
    with ExitStack() as stack:
        listener = stack.enter_context(listen(host, port))
        ingest = Ingest(stack.enter_context(closing(ReportStore(store))))
        over = ClosingClock(clock, seen_day=None if is_stated(clock) else seen_day(store))
        metrics = Metrics(
            repository=repository,
            store=store,
            waiting=ingest.waiting,
            leap_seconds=over.leap_seconds,
        )
        ingest.on_commit = metrics.committed
        close_windows = partial(
            keep_closing_windows,
            store,
            clock=over,
            grace_weeks=grace_weeks,
            options=["--spool", str(spool), "--repository", str(repository)] if spool else [],
        )
        chores: list[Chore] = [close_windows]
        more_routes: list[BaseRoute] = []
        if page:
            shown = page.opened(
                ["--spool", str(spool)] if spool else ["--store", str(store)],
                repository,
                beside=store,
                clock=clock,
                registry=metrics.registry,
                trouble=lambda: ingest.trouble,
            )
            chores.append(shown.keeper.run)
            more_routes.append(shown.routes())
        app = create_app(
            repository=repository,
            admission=Admission(tasks, clock=clock, closing=over, grace_weeks=grace_weeks),
            ingest=ingest,
            answered=metrics.answered,
            chores=partial(run_together, chores),
            more_routes=more_routes,
        )
        port = listener.getsockname()[1]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        started = {"url": url, "port": port, "pid": os.getpid(), "tasks": [t.name for t in tasks]}
        if metrics_port is not None:
            started["metrics_port"] = stack.enter_context(metrics.served(metrics_port))
        if page:
            started["page_token"] = str(page.token_path(store))
        click.echo(msgspec.json.encode(started).decode() if as_json else _said(started))
        run_server(AddressRate(app, a_minute=a_minute) if a_minute else app, listener)


def _said(started: Mapping[str, object]) -> str:
    lines = [f"serving on {started['url']}"]
    if "page_token" in started:
        lines.append(f"the page: {started['url']}/page/, its token: {started['page_token']}")
    return "\n".join(lines)
