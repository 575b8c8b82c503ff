"""Downloads for python-tuf: GET without identity, limited by python-tuf's own length checks.

Each request has its own connection, with no TLS session or ticket reused, so that these cannot link
two requests of a box. All downloads of one update share one deadline, so that a server that sends
byte by byte cannot hold the box.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

from tuf.api.exceptions import DownloadError
from tuf.ngclient.fetcher import FetcherInterface

from edgeagent.errors import NetworkError
from edgeagent.network.answers import begins_at, without_web_page
from edgeagent.network.day_budget import DayBudget
from edgeagent.network.exchange import Timeouts, download
from edgeagent.network.pace import AtOnce, Pace

__all__ = ["REQUEST_HEADERS", "UPDATE_TIMEOUTS", "FilePart", "HttpFetcher", "PartFetcher"]

UPDATE_TIMEOUTS = Timeouts(deadline_seconds=15 * 60, stall_seconds=30, least_bytes_per_second=1024)
"""A catalogue of 10 MB over a line of 128 kbit/s (16 kB/s) takes ten minutes; what has arrived by
then is kept, and the next update continues from there. Below a sixteenth of that rate the download
is aborted after half a minute rather than a quarter of an hour."""
REQUEST_HEADERS: Sequence[tuple[str, str]] = (
    ("User-Agent", "edgeagent"),  # no version: versions tell boxes apart
    ("Accept-Encoding", "identity"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """A file from some byte on."""

    start: int
    """The first byte; 0 also where the server ignored that a later one was asked for."""
    chunks: Iterator[bytes]


class PartFetcher(FetcherInterface):
    """A fetcher of python-tuf that can also continue a file."""

    @abstractmethod
    def fetch_from(self, url: str, start: int) -> AbstractContextManager[FilePart]:
        """Ask for a file from byte ``start`` on; the part ends with the block.

        Raises:
            DownloadError: no valid answer; also raised while the chunks are read.

        """
        ...

    def _fetch(self, url: str) -> Iterator[bytes]:
        with self.fetch_from(url, 0) as part:
            yield from part.chunks


class HttpFetcher(PartFetcher):
    """The fetcher of one update; its requests are the same on every box."""

    def __init__(
        self,
        timeouts: Timeouts = UPDATE_TIMEOUTS,
        *,
        pace: Pace | None = None,
        budget: DayBudget | None = None,
    ) -> None:
        """Start the deadline.

        Args:
            timeouts: the deadline is that of all downloads together.
            pace: decides when each request may begin; without one, at once.
            budget: counts and limits the bytes of bodies; ``None``: without a limit.

        """
        self._timeouts = timeouts
        self._pace = pace or AtOnce()
        self._budget = budget
        self._ends = timeouts.monotonic() + timeouts.deadline_seconds

    @contextmanager
    def fetch_from(self, url: str, start: int) -> Iterator[FilePart]:
        """Ask for a file from byte ``start`` on.

        Raises:
            DownloadError: see the class; its cause is a :class:`NetworkError` with a hint, or it is
                a ``DownloadHTTPError`` with another status.

        """
        self._pace.wait()
        left = self._ends - self._timeouts.monotonic()
        timeouts = replace(self._timeouts, deadline_seconds=max(0.0, left))
        headers = [*REQUEST_HEADERS, *([("Range", f"bytes={start}-")] if start else [])]
        try:
            if self._budget is not None:
                self._budget.require()
            with download(url, headers=headers, timeouts=timeouts) as (head, body):
                begins = begins_at(head, url, asked=start)
                chunks = without_web_page(head, url, body)
                if self._budget is not None:
                    chunks = self._budget.counted(chunks)
                yield FilePart(start=begins, chunks=chunks)
        except NetworkError as error:
            raise DownloadError(str(error)) from error
