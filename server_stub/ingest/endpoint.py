"""``POST /v1/reports``: from the bytes of a request to its answer.

Answers: 204 counted (now or before), 400 not a report this server accepts, 409 another report has
this id, 410 its week is closed, 413 too long, 415 not JSON in UTF-8, 425 its week has not ended,
503 too many at once, 507 disk full. Others answer before it: the connection 408 and 431, the rate
of addresses 429. A box retries after 408, 425, 429, 503 and 507, and never after the other 4xx.

An ASGI application of its own: Starlette's routing, request and response objects cost as much as
the rest of a report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.message import EmailMessage
from functools import lru_cache
from http import HTTPStatus

from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from edgeagent.errors import DiskFull, StorageError
from edgeagent.messages import REPORT_BYTES, Report
from server_stub.ingest.admission import Admission, Refusal
from server_stub.ingest.group_commit import Ingest
from server_stub.ingest.store import Acceptance

__all__ = ["Answered", "ReportEndpoint"]

_RETRY = {"Retry-After": "900"}  # seconds; a box adds its own jitter
_CLOSE = {"Connection": "close"}  # the rest of the body is not read
_COUNTED: tuple[Message, ...] = (
    {"type": "http.response.start", "status": HTTPStatus.NO_CONTENT.value, "headers": []},
    {"type": "http.response.body"},
)

Answered = Callable[[int, int | None], None]


class ReportEndpoint:
    """Answers reports."""

    def __init__(self, admission: Admission, ingest: Ingest, *, answered: Answered) -> None:
        """Judge by ``admission`` and store by ``ingest``.

        ``answered`` is told the status of each answer, and the week of reports that were whole.
        """
        self._admission = admission
        self._ingest = ingest
        self._answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one report."""
        body = await self._body_of(scope, receive)
        if isinstance(body, Response):
            self._answered(body.status_code, None)
            await body(scope, receive, send)
            return
        report = self._admission.judge(body)
        if isinstance(report, Refusal):
            later = _RETRY if report.status == HTTPStatus.TOO_EARLY else None
            self._answered(report.status, None)  # its week may be any number
            await _refused(report.status, report.reason, headers=later)(scope, receive, send)
            return
        refusal = await self._store(report)
        if refusal is not None:
            self._answered(refusal.status_code, report.week)
            await refusal(scope, receive, send)
            return
        self._answered(HTTPStatus.NO_CONTENT.value, report.week)
        for message in _COUNTED:
            await send(message)

    async def _body_of(self, scope: Scope, receive: Receive) -> bytes | Response:
        headers = dict(scope["headers"])
        if not _is_json(headers.get(b"content-type", b"")):
            return _refused(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send application/json", headers=_CLOSE
            )
        announced = headers.get(b"content-length", b"")
        too_long = announced.isdigit() and int(announced) > REPORT_BYTES
        body = None if too_long else await _read_body(receive)
        if body is not None:
            return body
        return _refused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"a report has {REPORT_BYTES} bytes",
            headers=_CLOSE,
        )

    async def _store(self, report: Report) -> Response | None:
        """Return ``None`` once it is on disk, or why it is not."""
        answer = self._ingest.submit(report)
        if answer is None:
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "too many at once", headers=_RETRY)
        try:
            return _answer_to(await answer)
        except DiskFull:
            return _refused(HTTPStatus.INSUFFICIENT_STORAGE, "the disk is full", headers=_RETRY)
        except StorageError:
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "cannot be stored", headers=_RETRY)


@lru_cache(maxsize=64)  # parsing takes as long as the rest of a report; boxes all send one value
def _is_json(content_type: bytes) -> bool:
    """Return whether a media type is JSON in the only encoding it may have (RFC 8259 §8.1)."""
    header = EmailMessage()
    header["Content-Type"] = content_type.decode("latin-1")
    return (
        header.get_content_type() == "application/json"
        and header.get_content_charset("utf-8") == "utf-8"
    )


def _answer_to(acceptance: Acceptance) -> Response | None:
    match acceptance:
        case Acceptance.COUNTED | Acceptance.REPEATED:
            return None
        case Acceptance.CONFLICTING:
            return _refused(HTTPStatus.CONFLICT, "another report has this report_id")
        case Acceptance.CLOSED:
            return _refused(HTTPStatus.GONE, "its week is closed")


async def _read_body(receive: Receive) -> bytes | None:
    """Return the body, or ``None`` as soon as it exceeds the length of a report.

    What a client that has gone away had sent is returned as it is: it is no report.
    """
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > REPORT_BYTES:
            return None
        more = message.get("more_body", False)
    return body


def _refused(
    status: HTTPStatus, reason: str, *, headers: Mapping[str, str] | None = None
) -> Response:
    return PlainTextResponse(f"{reason}\n", status_code=status, headers=headers)
