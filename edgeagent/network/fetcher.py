"""Downloading for python-tuf: GET without identity, bounded by python-tuf's own length checks."""

from __future__ import annotations

from collections.abc import Iterator

import urllib3
from tuf.api.exceptions import DownloadError, DownloadHTTPError
from tuf.ngclient.fetcher import FetcherInterface

from edgeagent.network.http import get

__all__ = ["HttpFetcher"]

_CHUNK_BYTES = 64 * 1024
_OK = 200


class HttpFetcher(FetcherInterface):
    """The fetcher of a box: every request looks the same on every box."""

    def _fetch(self, url: str) -> Iterator[bytes]:
        with get(url) as response:
            if response.status != _OK:
                raise DownloadHTTPError(f"GET {url}: status {response.status}", response.status)
            try:
                yield from response.stream(_CHUNK_BYTES)
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise DownloadError(f"GET {url}: {error}") from error
