"""Downloading for python-tuf: GET without identity, bounded by python-tuf's own length checks.

A connection is opened for one request and closed after it; with it go its TLS session and any
ticket, so that two requests of a box cannot be linked by them. All downloads of one update share
one deadline: a server that drips bytes, in one answer or in one after the other, cannot hold it.
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
"""A catalogue of 10 MB over a line of 128 kbit/s (16 kB/s) takes ten minutes; what was verified by
then is kept, and the next update goes on from there. A sixteenth of that rate is no line any more
but a server that drips, and is left after half a minute instead of a quarter of an hour."""
REQUEST_HEADERS: Sequence[tuple[str, str]] = (
    ("User-Agent", "edgeagent"),  # no version: versions tell boxes apart
    ("Accept-Encoding", "identity"),
)
_OK = 200


class HttpFetcher(FetcherInterface):
    """The fetcher of one update: every request looks the same on every box."""

    def __init__(self, timeouts: Timeouts = UPDATE_TIMEOUTS, *, pace: Pace | None = None) -> None:
        """Begin; the deadline is counted from now, and ``pace`` says when each request may begin.

        Without one they begin at once.
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
