"""The WebSocket on loopback: which clients are admitted, and in which class.

A page in a browser on the same box can reach loopback, too. Its ``Origin`` must be listed; and a
page whose own host name was made to point here (DNS rebinding) is recognised by ``Host``.
"""

from __future__ import annotations

import asyncio
import hmac
import http
import logging
import socket
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlsplit

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.typing import Origin, Subprotocol

from edgeagent.api.caller import Caller
from edgeagent.api.transport.connection_limiter import (
    AT_ONCE,
    ConnectionLimiter,
    let_nobody_in,
    queue_more,
)
from edgeagent.api.transport.dispatcher import Client, Dispatcher
from edgeagent.api.transport.jsonrpc import FRAME_LIMIT_BYTES
from edgeagent.api.transport.send_queue import Message, SendQueue
from edgeagent.api.transport.tcp_peer import owner_of
from edgeagent.errors import InputError
from edgeagent.messages.fields import AppName
from edgeagent.messages.server_address import LOCAL_HOSTS, LOOPBACK

__all__ = ["TOKEN_NAME", "WebSocketServer"]

TOKEN_NAME = "token"  # noqa: S105  (the name of a parameter, not a token)
LABEL_NAME = "label"
"""A platform that writes the address into an app's environment may say which app it is."""
_OPEN_SECONDS = 5
"""A client on the same machine opens at once; one that does not only holds a connection."""
_PING_SECONDS = 60
"""A client that is gone without closing is noticed after two of these."""
_SILENT = logging.getLogger("edgeagent.websockets")
_SILENT.setLevel(logging.CRITICAL + 1)  # its log holds request lines, and those hold tokens


class WebSocketServer:
    """Serves JSON-RPC over WebSocket."""

    def __init__(
        self,
        port: int,
        *,
        dispatcher: Dispatcher,
        connections: ConnectionLimiter,
        token: str,
        origins: Sequence[str],
    ) -> None:
        """Serve at ``port`` of loopback; 0 takes a free one.

        Args:
            port: where to listen.
            dispatcher: answers frames.
            connections: bounds the connections.
            token: a client that sends it is a manager.
            origins: of the pages that may connect; programs send none.

        """
        self.port = port
        self._dispatcher = dispatcher
        self._connections = connections
        self._token = token
        self._origins = [None, *(Origin(origin) for origin in origins)]
        self._server: Server | None = None
        self._listener: socket.socket | None = None

    async def open(self) -> None:
        """Begin to listen.

        Raises:
            InputError: the port is taken.

        """
        connections = self._connections

        class LimitedConnection(ServerConnection):
            """A connection that is counted from its first packet on, before its handshake."""

            number: int | None = None

            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                self.number = connections.enter(self.transport.abort)
                if self.number is None:
                    self.transport.abort()

            def connection_lost(self, exc: Exception | None) -> None:
                if self.number is not None:
                    connections.leave(self.number)
                super().connection_lost(exc)

        try:
            listener = socket.create_server((LOOPBACK, self.port))
            self._server = await serve(
                self._serve,
                sock=listener,
                create_connection=LimitedConnection,
                process_request=self._admit,
                origins=self._origins,
                subprotocols=[Subprotocol("jsonrpc")],
                select_subprotocol=_jsonrpc_if_offered,
                backlog=AT_ONCE,
                compression=None,
                max_size=FRAME_LIMIT_BYTES,
                max_queue=2,
                open_timeout=_OPEN_SECONDS,
                close_timeout=1,
                ping_interval=_PING_SECONDS,
                ping_timeout=_PING_SECONDS,
                server_header=None,
                logger=_SILENT,
            )
            queue_more(listener)
            self._listener = listener
        except OSError as error:
            raise InputError(
                f"port {self.port} of {LOOPBACK}: {error.strerror}",
                hint="another service uses it; give another with --ws-port",
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Close all connections."""
        if self._server is not None and self._listener is not None:
            await let_nobody_in(self._listener)
            self._server.close()
            await self._server.wait_closed()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse a request with another host name or a wrong token."""
        hosts = {f"{host}:{self.port}" for host in LOCAL_HOSTS}
        if request.headers.get_all("Host") not in [[host] for host in hosts]:
            return connection.respond(http.HTTPStatus.FORBIDDEN, "unknown host\n")
        token = _query(request).get(TOKEN_NAME)
        if token is not None and not hmac.compare_digest(token.encode(), self._token.encode()):
            return connection.respond(http.HTTPStatus.UNAUTHORIZED, "unknown token\n")
        try:
            msgspec.convert(_app_of(_query(request)), AppName)
        except msgspec.ValidationError:
            return connection.respond(http.HTTPStatus.BAD_REQUEST, "label of 1 to 32 characters\n")
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        number = getattr(connection, "number", None)
        if number is None or connection.request is None:
            return
        query = _query(connection.request)

        async def send(message: Message) -> None:
            try:
                await connection.send(message, text=True)
            except ConnectionClosed as error:
                raise ConnectionResetError("the peer has disconnected") from error

        send_queue = SendQueue(send, hang_up=connection.transport.abort)
        manages = TOKEN_NAME in query
        client = Client(
            number=-number,
            caller=Caller.MANAGE if manages else Caller.APP,
            peer=_peer_of(connection),
            app=_app_of(query),
            version=2 if query.get("RPCv2") == "true" else 1,
            send=send_queue.offer,
        )
        sending = asyncio.create_task(send_queue.run())
        try:
            async for message in connection:
                if isinstance(message, bytes):
                    await connection.close(CloseCode.UNSUPPORTED_DATA, "text only")
                    break
                if not self._connections.heard(number, client.peer, manages=manages):
                    await connection.close(CloseCode.TRY_AGAIN_LATER, "too many connections")
                    break
                await self._dispatcher.handle(client, message, reply=send_queue.put)
        except (ConnectionClosed, ConnectionResetError):
            pass
        finally:
            await send_queue.finish(sending)
            await self._dispatcher.disconnected(client)


def _app_of(query: dict[str, str]) -> str:
    """Return what the viewings of a connection are stored under, as its address says."""
    return f"label:{query[LABEL_NAME]}" if LABEL_NAME in query else "websocket"


def _peer_of(connection: ServerConnection) -> str:
    """Name the user of a connection, as the unix socket does; one name for all unknown ones."""
    user = owner_of(connection.remote_address, connection.local_address)
    return LOOPBACK if user is None else f"user {user}"


def _jsonrpc_if_offered(
    connection: ServerConnection, offered: Sequence[Subprotocol]
) -> Subprotocol | None:
    """Select ``jsonrpc`` if the client offers it; it is served either way."""
    del connection
    jsonrpc = Subprotocol("jsonrpc")
    return jsonrpc if jsonrpc in offered else None


def _query(request: Request) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.path).query, keep_blank_values=True))
