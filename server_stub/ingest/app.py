"""The HTTP application: the repository, ``POST /v1/reports``, and ``GET /healthz``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from server_stub.distribution.routes import repository_routes
from server_stub.ingest.admission import Admission
from server_stub.ingest.endpoint import Answered, ReportEndpoint
from server_stub.ingest.group_commit import Ingest

__all__ = ["REPORTS", "create_app"]

REPORTS = "/v1/reports"


async def _no_chores() -> None:
    """Do nothing."""


def create_app(
    *,
    repository: Path,
    admission: Admission,
    ingest: Ingest,
    answered: Answered = lambda _status, _week: None,
    chores: Callable[[], Coroutine[None, None, None]] = _no_chores,
    more_routes: Sequence[BaseRoute] = (),
) -> ASGIApp:
    """Return the application; its lifespan starts and stops ``ingest`` and the chores.

    Args:
        repository: directory to serve.
        admission: decides which reports are accepted.
        ingest: stores them.
        answered: told the status of each answer to a report, and the week of those that were whole.
        chores: run beside it, and cancelled at the end.
        more_routes: what else is served.

    Raises:
        InputError: ``repository`` is not a repository.

    """

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        ingest.start()
        running = asyncio.create_task(chores())
        yield
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await ingest.stop()

    async def health(_request: Request) -> Response:
        if ingest.trouble:
            return PlainTextResponse(f"{ingest.trouble}\n", HTTPStatus.SERVICE_UNAVAILABLE)
        return PlainTextResponse("ok\n")

    endpoint = ReportEndpoint(admission, ingest, answered=answered)
    routes = [
        Route(REPORTS, endpoint, methods=["POST"]),  # for the 405 of other methods
        Route("/healthz", health),
        *repository_routes(repository),
        *more_routes,
    ]
    return _Shortcut(endpoint, Starlette(routes=routes, lifespan=lifespan))


class _Shortcut:
    """Takes reports past Starlette, which costs as much as all the rest of one."""

    def __init__(self, endpoint: ReportEndpoint, app: Starlette) -> None:
        self._endpoint = endpoint
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == REPORTS and scope["method"] == "POST":
            await self._endpoint(scope, receive, send)
        else:
            await self._app(scope, receive, send)
