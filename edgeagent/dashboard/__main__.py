"""``python -m edgeagent.dashboard``: serve the pages until nobody has used them for a while.

The service starts it at the first request and hands its listening socket over by number; a person
who tries it out names a port.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import socket
import sys
import time
from pathlib import Path

from edgeagent import __version__
from edgeagent.clock import SystemClock
from edgeagent.core_dumps import forbid_core_dumps
from edgeagent.dashboard.app import Dashboard
from edgeagent.dashboard.idle import IDLE_SECONDS, Idle
from edgeagent.dashboard.server import serve
from edgeagent.dashboard.session import Sessions, read_secret
from edgeagent.dashboard.texts import LANGUAGES
from edgeagent.errors import EdgeAgentError
from edgeagent.messages.server_address import LOOPBACK
from edgeagent.randomness import SystemRandomSource
from edgeagent.start import LOG_FORMAT

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Serve, and return an exit code."""
    forbid_core_dumps()  # pages hold titles
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format=LOG_FORMAT)
    try:
        secret = read_secret(options.socket)
    except EdgeAgentError as error:
        logging.getLogger("edgeagent.dashboard").error("%s; %s", error, error.hint)  # noqa: TRY400
        return error.exit_code
    random = SystemRandomSource()
    dashboard = Dashboard(
        socket=options.socket,
        language=options.language if options.language in LANGUAGES else "en",
        sessions=Sessions(secret, clock=SystemClock(), random=random),
        random=random,
        idle=Idle(time.monotonic, limit_seconds=options.idle_seconds),
    )
    with _listening(options) as listening:
        asyncio.run(serve(dashboard, listening))
    return 0


def _listening(options: argparse.Namespace) -> socket.socket:
    if options.fd is not None:
        return socket.socket(fileno=options.fd)
    return socket.create_server((LOOPBACK, options.port))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m edgeagent.dashboard", description=__doc__)
    parser.add_argument("--version", action="version", version=f"edgeagent {__version__}")
    parser.add_argument("--socket", type=Path, required=True, help="the service's unix socket")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--fd", type=int, help="a listening socket that was handed over")
    where.add_argument("--port", type=int, help="on loopback")
    parser.add_argument("--language", default="en", help="for browsers that do not say theirs")
    parser.add_argument("--idle-seconds", type=float, default=IDLE_SECONDS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
