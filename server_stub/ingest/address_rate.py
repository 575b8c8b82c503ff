"""How many requests one address may make: counted in memory only, and never logged."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from edgeagent.messages.server_address import LOOPBACK

__all__ = ["AddressRate"]

_WINDOW_SECONDS = 60
_ADDRESSES = 65_536
"""Counted one by one in a minute, some 8 MB; all beyond share one count."""
_NETWORK_BITS = 64
"""Of an IPv6 address: one customer has all that follows."""


class AddressRate:
    """An ASGI application that answers 429 above the rate, and asks the next one below it.

    Loopback is not counted: a proxy on this machine speaks for everybody, and knows the addresses
    (nginx: ``limit_req``). A library with a store in memory keeps every address for a minute; here
    their number has to have a limit, too.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        a_minute: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Pass requests on to ``app``; ``clock`` returns seconds."""
        self._app = app
        self._most = a_minute
        self._clock = clock
        self._window = 0
        self._counts: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and not self._admits(scope.get("client")):
            refusal = PlainTextResponse(
                "too many requests from this address\n",
                status_code=HTTPStatus.TOO_MANY_REQUESTS,
                headers={"Retry-After": str(_WINDOW_SECONDS), "Connection": "close"},
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _admits(self, client: tuple[str, int] | None) -> bool:
        network = _network_of(client[0]) if client else None
        if network is None:
            return True
        window = int(self._clock() // _WINDOW_SECONDS)
        if window != self._window:
            self._window = window
            self._counts.clear()
        if network not in self._counts and len(self._counts) >= _ADDRESSES:
            network = "others"
        count = self._counts[network] = self._counts.get(network, 0) + 1
        return count <= self._most


def _network_of(host: str) -> str | None:
    """Return what is counted for an address; ``None`` for loopback and for what is no address."""
    if host == LOOPBACK:  # a proxy's requests, all of them: reading the address takes 2 µs
        return None
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback:
        return None
    if isinstance(address, IPv6Address):
        return str(int(address) >> (128 - _NETWORK_BITS))
    return str(address)
