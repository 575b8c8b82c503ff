"""Sending reports: one POST of 512 bytes, one status back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from edgeagent.network.address import check_server_url
from edgeagent.network.http import request

__all__ = ["Answer", "HttpTransport", "Transport"]

_MAX_RETRY_AFTER_SECONDS = 7 * 86_400  # a server cannot park a report for longer than a week


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server said to a report."""

    status: int
    retry_after_seconds: int | None = None


class Transport(Protocol):
    """Where reports go."""

    recipient: str
    """Host of the receiver, for the disclosure log."""

    def post(self, body: bytes) -> Answer:
        """Send one body.

        Raises:
            NetworkError: no answer.

        """
        ...


class HttpTransport:
    """Reports over HTTP(S), each on a connection of its own."""

    def __init__(self, server_url: str) -> None:
        """Send to ``<server_url>/v1/reports``."""
        base = check_server_url(server_url)
        self.recipient = base
        self._url = f"{base}/v1/reports"

    def post(self, body: bytes) -> Answer:
        """Send one body; the answer's body is not read."""
        headers = {"Content-Type": "application/json", "Sec-GPC": "1"}
        with request("POST", self._url, headers=headers, body=body) as response:
            return Answer(
                status=response.status,
                retry_after_seconds=_retry_after(response.headers.get("Retry-After")),
            )


def _retry_after(value: str | None) -> int | None:
    """Read the delay form of Retry-After (RFC 9110 §10.2.3); a date counts as not given."""
    if value is None or not value.isascii() or not value.isdigit():
        return None
    return min(int(value[:9]), _MAX_RETRY_AFTER_SECONDS)
