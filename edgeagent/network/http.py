"""One way to download: GET without cookies, redirects or proxy, headers alike on every box.

A connection is opened for one request and closed after it; with it go its TLS session and any
ticket, so that two requests of a box cannot be linked by them.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import urllib3

from edgeagent.errors import NetworkError

__all__ = ["CONSTANT_HEADERS", "get"]

CONSTANT_HEADERS: Mapping[str, str] = {
    "User-Agent": "edgeagent",  # no version: versions tell boxes apart
    "Accept-Encoding": "identity",
}
_TIMEOUT = urllib3.Timeout(connect=10, read=30)  # a slow server must not hold the caller for long


@contextmanager
def get(url: str) -> Iterator[urllib3.BaseHTTPResponse]:
    """Make one request on a fresh connection and yield the response, its body not yet read.

    Raises:
        NetworkError: no answer, or none that is HTTP.

    """
    with urllib3.PoolManager(num_pools=1, maxsize=1, ssl_context=_tls(url)) as pool:
        try:
            response = pool.request(
                "GET",
                url,
                headers=CONSTANT_HEADERS,
                redirect=False,
                retries=False,
                timeout=_TIMEOUT,
                preload_content=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise NetworkError(
                f"GET {url}: {_reason(error)}",
                hint="check that the server runs and that server_url in the config names it",
            ) from error
        try:
            yield response
        finally:
            response.close()


def _tls(url: str) -> ssl.SSLContext | None:
    if not url.startswith("https:"):
        return None
    context = ssl.create_default_context()
    context.options |= ssl.OP_NO_TICKET
    return context


def _reason(error: Exception) -> str:
    cause = error.__cause__ or error
    return f"{type(cause).__name__}: {cause}"
