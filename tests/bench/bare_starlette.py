"""Starlette alone, under uvicorn with its fast parts: reads each body and answers 204."""

from __future__ import annotations

import json
import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def _take(request: Request) -> Response:
    await request.body()
    return Response(status_code=204)


def main() -> None:
    """Serve on a free port until stopped; print the port."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        sys.stdout.write(json.dumps({"port": listener.getsockname()[1]}) + "\n")
        sys.stdout.flush()
        app = Starlette(routes=[Route("/v1/reports", _take, methods=["POST"])])
        config = uvicorn.Config(
            app, http="httptools", loop="uvloop", ws="none", access_log=False, log_level="warning"
        )
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
