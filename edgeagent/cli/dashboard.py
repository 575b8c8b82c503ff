"""``edgeagent dashboard``: the way to the privacy dashboard, for the owner of the box."""

from __future__ import annotations

import os
import socket as sockets
from pathlib import Path

import click

from edgeagent.api.endpoint import default_socket
from edgeagent.cli.box_options import BoxOptions, pass_box, socket_option
from edgeagent.cli.wording import TranslatedCommand
from edgeagent.clock import SystemClock
from edgeagent.command_group import emit_json, json_option
from edgeagent.dashboard.session import LINK_SECONDS, Sessions, read_secret
from edgeagent.errors import NetworkError
from edgeagent.messages.server_address import LOOPBACK
from edgeagent.randomness import SystemRandomSource

__all__ = ["command"]


@click.command(
    name="dashboard",
    cls=TranslatedCommand,
    examples={
        "in the browser of this machine": "edgeagent dashboard --open",
    },
)
@click.option(
    "--port",
    default=3474,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="What the service was started with as --dashboard-port.",
)
@socket_option
@click.option("--open", "open_it", is_flag=True, help="Open it in the browser.")
@json_option
@pass_box
def command(
    box: BoxOptions, *, port: int, socket: Path | None, open_it: bool, as_json: bool
) -> None:
    """Print a link to the privacy dashboard of a running service.

    The link is good for ten minutes and opens what the household may see and do; afterwards the
    pages stay open as long as they are used.
    """
    if socket is None:
        box.require_no_other()
    path = socket or default_socket(box.home, os.environ)
    sessions = Sessions(read_secret(path), clock=SystemClock(), random=SystemRandomSource())
    _require_somebody(port)
    url = f"http://{LOOPBACK}:{port}/open?key={sessions.link_key()}"
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
