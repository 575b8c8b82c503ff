"""Downloads for python-tuf: GET without identity, limited by python-tuf's own length checks.

Each request has its own connection, with no TLS session or ticket reused, so that these cannot link
two requests of a box. All downloads of one update share one deadline, so that a server that sends
byte by byte cannot hold the box.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tuf.api.exceptions import DownloadError, DownloadHTTPError
from tuf.ngclient.fetcher import FetcherInterface

from edgeagent.errors import NetworkError
from edgeagent.network.exchange import Timeouts, download
from edgeagent.network.pace import AtOnce, Pace

__all__ = ["REQUEST_HEADERS", "UPDATE_TIMEOUTS", "HttpFetcher"]

UPDATE_TIMEOUTS = Timeouts(deadline_seconds=15 * 60, stall_seconds=30, least_bytes_per_second=1024)
"""A catalogue of 10 MB over a line of 128 kbit/s (16 kB/s) takes ten minutes; files verified by
then are kept, and the next update continues with the others. Below a sixteenth of that rate the
download is aborted after half a minute rather than a quarter of an hour."""
REQUEST_HEADERS: Sequence[tuple[str, str]] = (
    ("User-Agent", "edgeagent"),  # no version: versions tell boxes apart
    ("Accept-Encoding", "identity"),
)
_OK = 200


class HttpFetcher(FetcherInterface):
    """The fetcher of one update; its requests are the same on every box."""

    def __init__(self, timeouts: Timeouts = UPDATE_TIMEOUTS, *, pace: Pace | None = None) -> None:
        """Start the deadline; ``pace`` decides when each request may begin.

        Without a pace they begin at once.
        """
        self._timeouts = timeouts
        self._pace = pace or AtOnce()
        self._ends = timeouts.monotonic() + timeouts.deadline_seconds

    def _fetch(self, url: str) -> Iterator[bytes]:
        self._pace.wait()
        left = self._ends - self._timeouts.monotonic()
        timeouts = replace(self._timeouts, deadline_seconds=max(0.0, left))
        try:
            with download(url, headers=REQUEST_HEADERS, timeouts=timeouts) as (head, body):
                if head.status != _OK:
                    raise DownloadHTTPError(f"GET {url}: status {head.status}", head.status)
                yield from body
        except NetworkError as error:
            raise DownloadError(str(error)) from error
