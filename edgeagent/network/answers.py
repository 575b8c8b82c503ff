"""What the answer to a download means, and the likely cause of one that is no download.

A box stands behind hotspots, proxies and CDNs that its operator has never seen. Each
error names the one that answers in this way, for the people who can mend it.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from tuf.api.exceptions import DownloadHTTPError

from edgeagent.errors import NetworkError
from edgeagent.network.exchange import ResponseHead

__all__ = ["begins_at", "hint_for", "without_web_page"]

_LOGIN = (
    "a hotspot or proxy of this network answers in place of the server: log in there, or let the "
    "box through"
)
_HINTS = {
    HTTPStatus.UNAUTHORIZED: "the server wants a password, and a box has none: publish without one",
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: _LOGIN,
    HTTPStatus.NETWORK_AUTHENTICATION_REQUIRED: _LOGIN,
    HTTPStatus.FORBIDDEN: "the server must let everybody read metadata/ and targets/",
    HTTPStatus.NOT_FOUND: "no repository is published below this address: check the path in "
    "server_url and mirrors; metadata/ and targets/ lie directly below it",
    HTTPStatus.NOT_ACCEPTABLE: "the server must offer its files without content encoding",
    HTTPStatus.TOO_MANY_REQUESTS: "the server is busy; the next update tries again",
    HTTPStatus.SERVICE_UNAVAILABLE: "the server is busy; the next update tries again",
}


def begins_at(head: ResponseHead, url: str, *, asked: int) -> int:
    """Return at which byte of the file the body begins.

    Args:
        head: the answer.
        url: of the file.
        asked: the first byte that was asked for; 0: the whole file, without a range.

    Raises:
        DownloadHTTPError: another status than 200, or than 206 if a range was asked for.
        NetworkError: another range, or a body that is encoded.

    """
    coding = head.headers.get("content-encoding", "identity")
    if coding != "identity":
        raise NetworkError(
            f"GET {url}: the answer is encoded with {coding[:20]!r}, though this was not asked for",
            hint="turn off compression for metadata/ and targets/ at the server or CDN: what is "
            "signed are the bytes of the files",
        )
    if head.status == HTTPStatus.OK:
        return 0  # also if a proxy has removed the range
    if head.status != HTTPStatus.PARTIAL_CONTENT or not asked:
        where = head.headers.get("location", "")[:200]
        said = f", which redirects to {where!r}" if where else ""
        raise DownloadHTTPError(f"GET {url}: status {head.status}{said}", head.status)
    sent = head.headers.get("content-range", "")
    if not sent.startswith(f"bytes {asked}-"):
        raise NetworkError(
            f"GET {url}: asked for the file from byte {asked}, sent {sent[:60]!r}",
            hint="the server or a proxy before it does not understand ranges: turn them off there",
        )
    return asked


def without_web_page(head: ResponseHead, url: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the chunks of a body, unless it is a web page.

    Raises:
        NetworkError: it is, as behind a captive portal, which answers 200 to everything.

    """
    typed = head.headers.get("content-type", "").startswith("text/html")
    may_be = typed or url.endswith(".json")
    for chunk in chunks:
        if may_be and chunk.lstrip()[:1] == b"<":
            raise NetworkError(f"GET {url}: a web page came instead of the file", hint=_LOGIN)
        may_be = False
        yield chunk


def hint_for(status: int) -> str:
    """Return what to do about a status."""
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return f"redirects are not followed: name the final address; or {_LOGIN}"
    return _HINTS.get(
        HTTPStatus(status) if status in set(HTTPStatus) else HTTPStatus.OK,
        "check server_url and mirrors, and that the server serves a published repository",
    )
