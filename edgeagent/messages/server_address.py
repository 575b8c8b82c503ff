"""ServerAddress: an http(s) address that this box can use, parsed in one place.

An address that parses leads to a connection or a network error, never to an unexpected error in
resolver, TLS or HTTP code. A subset of RFC 3986 is accepted: ASCII only, a host name, an IPv4 or a
bracketed IPv6 address, a port, a path; no user, query or fragment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal, Self

from edgeagent.errors import InputError

__all__ = ["LOCAL_HOSTS", "LOOPBACK", "ServerAddress"]

LOOPBACK, _LOCALHOST = "127.0.0.1", "localhost"
LOCAL_HOSTS = (LOOPBACK, _LOCALHOST, "[::1]")
"""Names of this machine in a client's ``Host`` header."""

Scheme = Literal["http", "https"]

_WRITE_IT = "write it as https://host[:port][/path]"
_SCHEMES: dict[str, Scheme] = {"http": "http", "https": "https"}
_DEFAULT_PORTS: dict[Scheme, int] = {"http": 80, "https": 443}
_MAX_PORT = 65_535
_PARTS = re.compile(
    r"(?P<scheme>[^:/]+)://"
    r"(?P<authority>(?P<host>\[[^]]*\]|[^:/\[\]]*)(?::(?P<port>[^/]*))?)"
    r"(?P<path>/.*)?"
)
_NAME = re.compile(r"(?=.{1,254}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*", re.IGNORECASE)
_PATH = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAddress:
    """The parts of an address."""

    scheme: Scheme
    authority: str
    """Host and port as written; the value of the ``Host`` header."""
    host: str
    """A name or an address, IPv6 without brackets."""
    port: int
    path: str
    """Empty, or beginning with a slash."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse an address.

        TLS is required; plain HTTP is accepted only for a server on this machine (tests,
        simulations).

        Raises:
            InputError: not a usable address; the message has the reason.

        """
        if not text.isascii() or not text.isprintable() or " " in text:
            raise _refused(
                text,
                "holds characters that no address has",
                "write a name in its xn-- form, and anything else in a path as %xx",
            )
        found = _PARTS.fullmatch(text)
        scheme = None if found is None else _SCHEMES.get(found["scheme"].lower())
        if found is None or scheme is None:
            raise _refused(text, "is not an http(s) address", _WRITE_IT)
        if "@" in found["authority"]:
            raise _refused(
                "…@" + found["authority"].rpartition("@")[2],
                "names a user",
                "omit the part before the @: a box has no identity",
            )
        if _PATH.fullmatch(found["path"] or "") is None:
            raise _refused(text, "has a query, a fragment or a path that is none", _WRITE_IT)
        address = cls(
            scheme=scheme,
            authority=found["authority"],
            host=_host(text, found["host"]),
            port=_DEFAULT_PORTS[scheme] if found["port"] is None else _port(text, found["port"]),
            path=found["path"] or "",
        )
        if scheme == "http" and not _is_loopback(address.host):
            raise _refused(
                text,
                "is not encrypted",
                "use https://; plain http is accepted for loopback addresses only",
            )
        return address

    @property
    def base(self) -> str:
        """The address without a trailing slash; our paths are appended to it."""
        return f"{self.scheme}://{self.authority}{self.path.rstrip('/')}"


def _refused(text: str, reason: str, hint: str) -> InputError:
    return InputError(f"{text!r} {reason}", hint=hint)


def _host(text: str, host: str) -> str:
    if host.startswith("["):
        if isinstance(_ip(host[1:-1]), IPv6Address) and "%" not in host:
            return host[1:-1]
        raise _refused(text, "has brackets around what is no IPv6 address", _WRITE_IT)
    last = host.rpartition(".")[2]
    # A name that ends in digits is read as an IPv4 address by every resolver.
    is_name = _NAME.fullmatch(f"{host}.") is not None and not last.isdigit()
    if is_name or isinstance(_ip(host), IPv4Address):
        return host
    raise _refused(text, f"has {host!r} for a host, which is neither name nor address", _WRITE_IT)


def _port(text: str, port: str) -> int:
    if port.isdigit() and len(port) <= len(str(_MAX_PORT)) and 1 <= int(port) <= _MAX_PORT:
        return int(port)
    raise _refused(text, f"has {port!r} for a port", f"a port is a number from 1 to {_MAX_PORT}")


def _ip(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    address = _ip(host)
    return host.lower() == _LOCALHOST if address is None else address.is_loopback
