"""``edgeagent dashboard``: the way to the privacy dashboard, for the owner of the box."""

from __future__ import annotations

import os
import socket as sockets
from pathlib import Path

import click

from edgeagent.api.endpoint import default_socket, noted_port
from edgeagent.cli.box_options import BoxOptions, pass_box, socket_option
from edgeagent.cli.wording import TranslatedCommand
from edgeagent.command_group import emit_json, json_option
from edgeagent.dashboard.session import LINK_SECONDS, dashboard_link
from edgeagent.errors import NetworkError
from edgeagent.messages.server_address import LOOPBACK

__all__ = ["command"]

_PACKAGED_PORT = 3474
"""Of the systemd socket, where no service listens by itself; see ``install/systemd``."""


@click.command(
    name="dashboard",
    cls=TranslatedCommand,
    examples={
        "in the browser of this machine": "edgeagent dashboard --open",
    },
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port of the dashboard.  [default: what the running service listens on, else 3474]",
)
@socket_option
@click.option("--open", "open_it", is_flag=True, help="Open it in the browser.")
@json_option
@pass_box
def command(
    box: BoxOptions, *, port: int | None, socket: Path | None, open_it: bool, as_json: bool
) -> None:
    """Print a link to the privacy dashboard of a running service.

    The link is good for ten minutes and opens what the household may see and do; afterwards the
    pages stay open as long as they are used.
    """
    if socket is None:
        box.require_no_other()
    path = socket or default_socket(box.home, os.environ)
    found = port or noted_port(path.parent, of="dashboard") or _PACKAGED_PORT
    url = dashboard_link(path, found)
    _require_somebody(found)
    if as_json:
        emit_json({"url": url, "valid_seconds": LINK_SECONDS})
    else:
        click.echo(url)
    if open_it:
        click.launch(url)


def _require_somebody(port: int) -> None:
    try:
        sockets.create_connection((LOOPBACK, port), timeout=5).close()
    except OSError as error:
        raise NetworkError(
            f"nobody listens on port {port} of this machine",
            hint=f"start the service with its dashboard: edgeagent serve --dashboard-port {port}",
        ) from error
