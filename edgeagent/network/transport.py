"""Sending reports: one POST of 512 bytes, one status back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Protocol

from edgeagent.clock import WEEK_SECONDS
from edgeagent.messages.server_address import ServerAddress
from edgeagent.network.exchange import Timeouts, exchange
from edgeagent.network.pace import AtOnce, Pace

__all__ = ["REPORT_HEADERS", "REPORT_TIMEOUTS", "HttpTransport", "Response", "Transport"]

REPORT_HEADERS: Sequence[tuple[str, str]] = (
    ("User-Agent", "edgeagent"),  # no version: versions tell boxes apart
    ("Accept-Encoding", "identity"),
    ("Content-Type", "application/json"),
    ("Sec-GPC", "1"),
)
"""Between ``Host`` and ``Content-Length``; the same on every box."""

REPORT_TIMEOUTS = Timeouts(deadline_seconds=60, stall_seconds=30, least_bytes_per_second=16)
"""A report of 512 bytes and its answer, handshake included, take seconds on the slowest line; a
server under load may answer late. After half a minute without a byte, or a minute in all, the
attempt is aborted."""

_MAX_RETRY_AFTER_SECONDS = WEEK_SECONDS  # a server cannot delay a report for longer than a week


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The server's answer to a report."""

    status: int
    retry_after_seconds: int | None = None


class Transport(Protocol):
    """Sends reports."""

    def post(self, body: bytes, *, wanted: Callable[[], bool]) -> Response:
        """Send one body; ``wanted`` is called until the answer arrives, and false aborts.

        Raises:
            NetworkError: no answer, or no longer wanted.

        """
        ...


class HttpTransport:
    """Sends reports over HTTP(S), each over its own connection."""

    def __init__(
        self,
        server_url: str,
        *,
        pins: Sequence[str] = (),
        timeouts: Timeouts = REPORT_TIMEOUTS,
        pace: Pace | None = None,
    ) -> None:
        """Send to ``<server_url>/v1/reports``; with pins, only to a server with a pinned key.

        ``pace`` decides when each request may begin; without one, at once.
        """
        self._url = f"{ServerAddress.parse(server_url).base}/v1/reports"
        self._pins = tuple(pins)
        self._timeouts = timeouts
        self._pace = pace or AtOnce()

    def post(self, body: bytes, *, wanted: Callable[[], bool] = lambda: True) -> Response:
        """Send one body; the answer's body is not read."""
        self._pace.wait()
        head = exchange(
            "POST",
            self._url,
            headers=REPORT_HEADERS,
            body=body,
            wanted=wanted,
            pins=self._pins,
            timeouts=self._timeouts,
        )
        return Response(status=head.status, retry_after_seconds=_retry_after(head.headers))


def _retry_after(headers: Mapping[str, str]) -> int | None:
    """Parse Retry-After in both its forms (RFC 9110 §10.2.3); at most a week, in seconds.

    A date is compared with the answer's own Date, so that the box's clock does not matter.
    """
    value = headers.get("retry-after", "")
    if value.isascii() and value.isdigit():
        return min(int(value[:9]), _MAX_RETRY_AFTER_SECONDS)
    try:
        later = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("date", ""))
    except (OverflowError, TypeError, ValueError):
        return None
    return max(0, min(int(later.total_seconds()), _MAX_RETRY_AFTER_SECONDS))
