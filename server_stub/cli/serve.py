"""``server-stub serve``."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from edgeagent.clock import Clock
from edgeagent.command_group import json_option
from edgeagent.messages.server_address import LOOPBACK
from edgeagent.number_range import NumberRange
from server_stub.cli.options import (
    STORED_FILE,
    at_option,
    grace_option,
    is_stated,
    repository_option,
    store_option,
    task_option,
)
from server_stub.cli.source import SPOOL
from server_stub.ingest.admission import Admission
from server_stub.repository import load_task, published_tasks

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from server_stub.ingest.chores import Chore

__all__ = ["serve"]

_HALF_WIDTH = 0.05
"""Just above what 5,000 reports give at 33 categories and e^ε = 3."""
_TOKEN_NAME = "page.token"  # noqa: S105  (of a file)
_REQUESTS_A_MINUTE = 6000
"""A carrier's NAT puts thousands of boxes behind one address; each asks a few times a day."""


@click.command()
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
@click.option("--page", is_flag=True, help="Serve the programmers' page at /page/, too.")
@click.option(
    "--page-token",
    type=STORED_FILE,
    help="Token of the page's operators, made if there is none.  [default: page.token beside the "
    "store]",
)
@click.option(
    "--page-half-width",
    type=NumberRange(min=0, min_open=True),
    default=_HALF_WIDTH,
    show_default=True,
    help="The page shows no interval wider than ± this (0.01 is one point of share).",
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
    metrics_port: int | None,
    spool: Path | None,
    page: bool,
    page_token: Path | None,
    page_half_width: float,
    as_json: bool,
) -> None:
    """Serve the repository and accept reports until stopped."""
    # Starlette and uvicorn are for this command only.
    from server_stub.ingest.address_rate import AddressRate  # noqa: PLC0415
    from server_stub.ingest.app import create_app  # noqa: PLC0415
    from server_stub.ingest.chores import keep_closing_windows, run_together  # noqa: PLC0415
    from server_stub.ingest.closing_clock import ClosingClock  # noqa: PLC0415
    from server_stub.ingest.group_commit import Ingest  # noqa: PLC0415
    from server_stub.ingest.metrics import Metrics  # noqa: PLC0415
    from server_stub.ingest.serving import listen  # noqa: PLC0415
    from server_stub.ingest.serving import serve as run_server  # noqa: PLC0415
    from server_stub.ingest.store import ReportStore, seen_day  # noqa: PLC0415

    tasks = (load_task(task_file),) if task_file else published_tasks(repository)
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
            from server_stub.page.app import open_page  # noqa: PLC0415  (Jinja2)
            from server_stub.page.health import health_of  # noqa: PLC0415

            shown = open_page(
                source=["--spool", str(spool)] if spool else ["--store", str(store)],
                repository=repository,
                token_file=page_token or store.with_name(_TOKEN_NAME),
                half_width=page_half_width,
                clock=clock,
                health=partial(health_of, metrics.registry, lambda: ingest.trouble),
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
        click.echo(msgspec.json.encode(started).decode() if as_json else f"serving on {url}")
        run_server(AddressRate(app, a_minute=a_minute) if a_minute else app, listener)
