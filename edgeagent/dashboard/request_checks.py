"""Who is let in: a browser on this box, with a session, whose forms come from our own pages."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from edgeagent.dashboard.session import BrowserSession, Sessions
from edgeagent.errors import EdgeAgentError
from edgeagent.messages.server_address import LOCAL_HOSTS

__all__ = ["COOKIE", "RejectedRequest", "check_host", "check_origin", "posted", "session_of"]

COOKIE = "edgeagent_session"
_FORM_LIMIT_BYTES = 16 * 1024
_FIELDS_LIMIT = 20


class RejectedRequest(EdgeAgentError):
    """A request that is not answered; ``reason`` names the text that says why."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


def check_host(request: Request) -> None:
    """Refuse a name that was made to point at this box (DNS rebinding).

    Raises:
        RejectedRequest: the request is for another host.

    """
    name, _, port = request.headers.get("host", "").rpartition(":")
    if name not in LOCAL_HOSTS or not port.isdigit():
        raise RejectedRequest("foreign")


def check_origin(request: Request) -> None:
    """Refuse a form that a page of another site posts.

    Raises:
        RejectedRequest: the browser says that it comes from elsewhere.

    """
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    if origin != f"http://{request.headers['host']}" or site != "same-origin":
        raise RejectedRequest("foreign")


def session_of(request: Request, sessions: Sessions) -> BrowserSession:
    """Return the session of a request.

    Raises:
        RejectedRequest: there is none, or it has ended.

    """
    session = sessions.find(request.cookies.get(COOKIE, ""))
    if session is None:
        raise RejectedRequest("locked")
    return session


async def posted(request: Request, session: BrowserSession, sessions: Sessions) -> dict[str, str]:
    """Return the fields of a form of one of this session's pages.

    Raises:
        RejectedRequest: it is too long, cannot be read, or is not one of ours.

    """
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > _FORM_LIMIT_BYTES:
            raise RejectedRequest("stale")
    try:
        fields = dict(
            parse_qsl(
                data.decode(), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS_LIMIT
            )
        )
    except ValueError as error:
        raise RejectedRequest("stale") from error
    if not sessions.accepts_form(session, fields.pop("form_key", "")):
        raise RejectedRequest("stale")
    return fields
