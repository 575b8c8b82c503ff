"""Which addresses the box is willing to talk to."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from edgeagent.errors import InputError

__all__ = ["check_server_url"]


def check_server_url(url: str) -> str:
    """Return ``url`` without a trailing slash if the box may talk to it.

    TLS is required; plain HTTP is for a server on this very machine (tests, simulations).

    Raises:
        InputError: not an http(s) URL, or plain HTTP to another machine.

    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise InputError(
            f"server_url {url!r} is not an http(s) address",
            hint="write it as https://host[:port][/path]",
        )
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise InputError(
            f"server_url {url!r} is not encrypted",
            hint="use https://; plain http is accepted for loopback addresses only",
        )
    if parts.username is not None:
        raise InputError(
            "server_url names a user",
            hint="leave out what stands before the @: a box has no identity",
        )
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
