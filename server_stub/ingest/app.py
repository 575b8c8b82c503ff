"""The HTTP endpoint: the repository, ``POST /v1/reports``, and ``GET /healthz``.

Answers to a report: 204 counted (now or before), 400 not a report this server accepts, 408 too
slow, 409 another report has this id, 410 its week is closed, 413 too long, 415 not JSON in UTF-8,
425 its week has not ended, 503 too many at once, 507 disk full. A box retries after 408, 425, 503
and 507, and never after the other 4xx.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from edgeagent.errors import DiskFull, StorageError
from edgeagent.messages import REPORT_BYTES, Report
from server_stub.distribution import repository_routes
from server_stub.ingest.admission import Admission, Refusal
from server_stub.ingest.group_commit import Ingest
from server_stub.ingest.store import Acceptance

__all__ = ["create_app"]

_BODY_SECONDS = 10.0  # for 512 bytes
_RETRY = {"Retry-After": "900"}  # seconds; a box adds its own jitter
_CLOSE = {"Connection": "close"}  # the rest of the body is not read


Answered = Callable[[int, int | None], None]


async def _no_chores() -> None:
    """Do nothing."""


def create_app(
    *,
    repository: Path,
    admission: Admission,
    ingest: Ingest,
    body_seconds: float = _BODY_SECONDS,
    answered: Answered = lambda _status, _week: None,
    chores: Callable[[], Coroutine[None, None, None]] = _no_chores,
) -> Starlette:
    """Return the application; its lifespan starts and stops ``ingest`` and the chores.

    Args:
        repository: directory to serve.
        admission: decides which reports are accepted.
        ingest: stores them.
        body_seconds: how long a client may take to send a body.
        answered: told the status of each answer to a report, and the week of those that were whole.
        chores: run beside it, and cancelled at the end.

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
        await asyncio.to_thread(ingest.stop)

    async def health(_request: Request) -> Response:
        if ingest.trouble:
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, ingest.trouble)
        return PlainTextResponse("ok\n")

    endpoint = _ReportEndpoint(admission, ingest, body_seconds, answered)
    routes = [
        Route("/v1/reports", endpoint.take, methods=["POST"]),
        Route("/healthz", health),
        *repository_routes(repository),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


class _ReportEndpoint:
    def __init__(
        self, admission: Admission, ingest: Ingest, body_seconds: float, answered: Answered
    ) -> None:
        self._admission = admission
        self._ingest = ingest
        self._body_seconds = body_seconds
        self._answered = answered

    async def take(self, request: Request) -> Response:
        """Answer one report."""
        body = await self._body_of(request)
        if isinstance(body, Response):
            self._answered(body.status_code, None)
            return body
        report = self._admission.judge(body)
        if isinstance(report, Refusal):
            later = _RETRY if report.status == HTTPStatus.TOO_EARLY else None
            self._answered(report.status, None)  # its week may be any number
            return _refused(report.status, report.reason, headers=later)
        answer = await self._store(report)
        self._answered(answer.status_code, report.week)
        return answer

    async def _body_of(self, request: Request) -> bytes | Response:
        if not _is_json(request.headers.get("content-type", "")):
            return _refused(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send application/json", headers=_CLOSE
            )
        try:
            async with asyncio.timeout(self._body_seconds):
                body = await _read_body(request)
        except TimeoutError:
            return _refused(
                HTTPStatus.REQUEST_TIMEOUT, "the body did not arrive in time", headers=_CLOSE
            )
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)  # the client has disconnected
        if body is None:
            return _refused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"a report has {REPORT_BYTES} bytes",
                headers=_CLOSE,
            )
        return body

    async def _store(self, report: Report) -> Response:
        answer = self._ingest.submit(report)
        if answer is None:
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "too many at once", headers=_RETRY)
        try:
            return _answer_to(await asyncio.wrap_future(answer))
        except DiskFull:
            return _refused(HTTPStatus.INSUFFICIENT_STORAGE, "the disk is full", headers=_RETRY)
        except StorageError:
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "cannot be stored", headers=_RETRY)


@lru_cache(maxsize=64)  # parsing takes as long as the rest of a report; boxes all send one value
def _is_json(content_type: str) -> bool:
    """Return whether a media type is JSON in the only encoding it may have (RFC 8259 §8.1)."""
    header = EmailMessage()
    header["Content-Type"] = content_type
    return (
        header.get_content_type() == "application/json"
        and header.get_content_charset("utf-8") == "utf-8"
    )


def _answer_to(acceptance: Acceptance) -> Response:
    match acceptance:
        case Acceptance.COUNTED | Acceptance.REPEATED:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        case Acceptance.CONFLICTING:
            return _refused(HTTPStatus.CONFLICT, "another report has this report_id")
        case Acceptance.CLOSED:
            return _refused(HTTPStatus.GONE, "its week is closed")


async def _read_body(request: Request) -> bytes | None:
    """Return the body, or ``None`` as soon as it exceeds the length of a report."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > REPORT_BYTES:
        return None
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > REPORT_BYTES:
            return None
    return body


def _refused(
    status: HTTPStatus, reason: str, *, headers: Mapping[str, str] | None = None
) -> Response:
    return PlainTextResponse(f"{reason}\n", status_code=status, headers=headers)
