"""A listening socket and the server behind it, until a signal stops it."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from edgeagent.errors import NetworkError
from server_stub.ingest.connections import (
    ConnectionLimits,
    limited_protocol,
    raise_descriptor_limit,
)

__all__ = ["listen", "make_server", "serve"]

_BACKLOG = 2048
"""Connections that the kernel holds while one is accepted; it caps this at ``somaxconn``."""
_STOP_SECONDS = 5
_SWITCH_SECONDS = 0.001
"""How long the event loop may keep the interpreter from the thread that has committed; with
Python's 5 ms, 64 connections got a seventh fewer answers."""


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 chooses a free one.

    Raises:
        NetworkError: the port is in use or not permitted, or the address is not this machine's.

    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        hints = {
            errno.EADDRINUSE: "stop what listens there, or choose another --port (0: a free one)",
            errno.EACCES: "ports below 1024 need privileges; choose a higher --port",
        }
        raise NetworkError(
            f"cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}",
            hint=hints.get(error.errno or 0, "choose an address of this machine with --host"),
        ) from error


def make_server(app: ASGIApp, *, limits: ConnectionLimits | None = None) -> uvicorn.Server:
    """Return a server without access log and without a Server header.

    An access log would be personal data (addresses, times), so none is kept.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=limited_protocol(limits or ConnectionLimits()),
            ws="none",
            lifespan="on",
            log_config=None,
            log_level="error",  # a warning for each request that is no HTTP would fill a disk
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
    )


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in flight are answered first.

    Raises:
        KeyboardInterrupt: it was Ctrl-C.

    """

    def stopped(_signal: int, _frame: FrameType | None) -> None:
        """Do nothing: uvicorn raises the signal again after its graceful stop."""

    signal.signal(signal.SIGTERM, stopped)
    sys.setswitchinterval(_SWITCH_SECONDS)
    limits = ConnectionLimits(connections=raise_descriptor_limit())
    make_server(app, limits=limits).run(sockets=[listener])
