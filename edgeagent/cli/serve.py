"""``edgeagent serve``: the resident process that apps, home screen and dashboard talk to."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import click

from edgeagent.api.endpoint import Listening, default_socket, websocket
from edgeagent.cli.box_options import BoxOptions, pass_box
from edgeagent.cli.wording import TranslatedCommand, words
from edgeagent.config import DEFAULT_PORT
from edgeagent.errors import InputError
from edgeagent.messages.server_address import LOOPBACK

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

    Where it listens is said on stderr, and the log goes there; it never holds what was watched.
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
        wanted=Listening(
            socket=socket or default_socket(box.home, os.environ),
            websocket_port=None if no_ws else ws_port,
            dashboard_port=dashboard_port,
        ),
        environment=os.environ,
        opened=_say,
    )


def _say(listening: Listening) -> None:
    """Say on stderr, beside the log, where the service listens; no secret goes into a log."""
    lines = [words("unix socket: {path}", path=listening.socket)]
    if listening.websocket_port is not None:
        lines.append(words("WebSocket: {address}", address=websocket(listening.websocket_port)))
    if listening.dashboard_port is not None:
        if sys.stderr.isatty():
            from edgeagent.dashboard.session import dashboard_link  # noqa: PLC0415  (for a person)

            address = dashboard_link(listening.socket, listening.dashboard_port)
            lines.append(words("dashboard, for ten minutes: {address}", address=address))
        else:
            address = f"http://{LOOPBACK}:{listening.dashboard_port}/"
            lines.append(
                words("dashboard: {address}, by a link of 'edgeagent dashboard'", address=address)
            )
    with suppress(OSError):  # a service runs on where nobody reads what it says
        click.echo("\n".join(lines), err=True)
