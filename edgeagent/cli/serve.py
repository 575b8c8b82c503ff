"""``edgeagent serve``: the resident process that apps, home screen and dashboard talk to."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import click

from edgeagent.cli.box_options import BoxOptions, pass_box
from edgeagent.cli.wording import TranslatedCommand
from edgeagent.config import DEFAULT_PORT
from edgeagent.errors import InputError

__all__ = ["command"]


@click.command(
    name="serve",
    cls=TranslatedCommand,
    examples={
        "with the household's pages": "edgeagent serve --dashboard-port 3474",
        "for programs of this machine's users only": "edgeagent serve --no-ws",
    },
)
@click.option(
    "--ws-port",
    default=DEFAULT_PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port of the WebSocket on loopback; 0 takes a free one.",
)
@click.option("--no-ws", is_flag=True, help="Serve the unix socket only.")
@click.option(
    "--socket",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="EDGEAGENT_SOCKET",
    help="The unix socket.  [default: in the runtime directory; see 'edgeagent service endpoint']",
)
@click.option(
    "--dashboard-port",
    type=click.IntRange(0, 65535),
    help="Port of the privacy dashboard on loopback.  [default: no dashboard]",
)
@pass_box
def command(
    box: BoxOptions, *, ws_port: int, no_ws: bool, socket: Path | None, dashboard_port: int | None
) -> None:
    """Serve this box to apps (Firebolt) and to the household, until stopped.

    The log goes to stderr; it never holds what was watched.
    """
    if find_spec("websockets") is None:
        raise InputError(
            "the service needs the package 'websockets'",
            hint="install edgeagent with its extra: pip install 'edgeagent[service]'",
        )
    from edgeagent.api.process.main import serve  # noqa: PLC0415  (websockets is an extra)

    box.require_no_other()
    serve(
        box.home,
        config=box.config(),
        config_file=box.config_file,
        socket=socket,
        websocket_port=None if no_ws else ws_port,
        dashboard_port=dashboard_port,
        environment=os.environ,
    )
