"""An HTTP server around the application, which stops when the dashboard has been idle."""

from __future__ import annotations

import asyncio
import socket

import uvicorn

from edgeagent.dashboard.app import Dashboard
from edgeagent.dashboard.idle import Idle

__all__ = ["serve"]

_MOST_CONNECTIONS = 32
_GRACE_SECONDS = 2
_LOOK_SECONDS = 1


async def serve(dashboard: Dashboard, listening: socket.socket) -> None:
    """Serve on a listening socket until idle, SIGTERM or Ctrl-C."""
    config = uvicorn.Config(
        dashboard.app(),
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,  # addresses hold titles
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    watching = asyncio.create_task(_stop_when_idle(server, dashboard.idle))
    try:
        await server.serve(sockets=[listening])
    finally:
        watching.cancel()


async def _stop_when_idle(server: uvicorn.Server, idle: Idle) -> None:
    while remaining_seconds := idle.remaining_seconds():  # noqa: ASYNC110  (a clock tells nobody)
        await asyncio.sleep(min(remaining_seconds, _LOOK_SECONDS))
    server.should_exit = True
