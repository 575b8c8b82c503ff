"""The unix socket: one JSON value per line; the kernel names the peer."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from edgeagent.api.caller import Caller
from edgeagent.api.transport.connection_limiter import (
    AT_ONCE,
    ConnectionLimiter,
    let_nobody_in,
    queue_more,
)
from edgeagent.api.transport.dispatcher import Client, Dispatcher
from edgeagent.api.transport.jsonrpc import FRAME_LIMIT_BYTES, INVALID_REQUEST, error_answer
from edgeagent.api.transport.send_queue import Message, SendQueue
from edgeagent.errors import InputError

__all__ = ["Peer", "UnixServer", "peer_of", "prepare_directory"]

_SO_PEERGROUPS = 59  # Linux 4.13; not in Python's socket module
_MOST_GROUPS = 256
"""Python's getsockopt takes a buffer of at most 1,024 bytes, and refuses a longer one as if the
kernel did not know the option."""
_CREDENTIALS = struct.Struct("iII")
_LONGEST_PATH_BYTES = 107
"""unix(7): 108 with the zero that ends it."""
SOCKET_MODE = 0o660
DIRECTORY_MODE = 0o750


class Peer:
    """User and groups of the process at the other end of a unix socket, from the kernel."""

    def __init__(self, uid: int, gids: frozenset[int]) -> None:
        """Keep user and groups."""
        self.uid = uid
        self.gids = gids


def peer_of(connection: socket.socket) -> Peer:
    """Return the peer of a connection."""
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, gid = _CREDENTIALS.unpack(data)
    try:
        groups = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, 4 * _MOST_GROUPS)
    except OSError:  # an older kernel, or a peer in more groups: only the primary one counts
        groups = b""
    more = struct.unpack(f"{len(groups) // 4}I", groups)
    return Peer(uid, frozenset((gid, *more)))


def prepare_directory(directory: Path) -> None:
    """Make the socket's directory; only its owner and group may enter it.

    Raises:
        InputError: what has that name is no directory, or belongs to another user.

    """
    with suppress(FileExistsError):
        directory.mkdir(mode=DIRECTORY_MODE, parents=True)
        directory.chmod(DIRECTORY_MODE)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), 0}:
        raise InputError(
            f"{directory} belongs to another user", hint="give another path with --socket"
        )


class UnixServer:
    """Serves JSON-RPC, one message per line."""

    def __init__(
        self,
        path: Path,
        *,
        dispatcher: Dispatcher,
        connections: ConnectionLimiter,
        may_manage: Callable[[Peer], bool],
    ) -> None:
        """Serve at ``path``."""
        self._path = path
        self._dispatcher = dispatcher
        self._connections = connections
        self._may_manage = may_manage
        self._server: asyncio.Server | None = None
        self._listener: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Begin to listen.

        Raises:
            InputError: another service listens there, or the directory is not ours.

        """
        _require_short(self._path)
        prepare_directory(self._path.parent)
        _remove_stale(self._path)
        before = os.umask(0o777 & ~SOCKET_MODE)
        try:
            listener = _bound(self._path)
            self._server = await asyncio.start_unix_server(
                self._welcome, sock=listener, limit=FRAME_LIMIT_BYTES, backlog=AT_ONCE
            )
            queue_more(listener)
            self._listener = listener
        except OSError as error:
            raise InputError(
                f"{self._path}: {error.strerror}", hint="give another path with --socket"
            ) from error
        finally:
            os.umask(before)

    async def close(self) -> None:
        """Close all connections and remove the socket."""
        if self._server is not None and self._listener is not None:
            await let_nobody_in(self._listener)
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        number = self._connections.enter(writer.transport.abort)
        if number is None:
            writer.transport.abort()
            return
        self._tasks.add(task)
        try:
            await self._serve(number, reader, writer)
        except (asyncio.CancelledError, ConnectionError):
            pass  # the task ends here either way; only close() waits for it
        finally:
            self._connections.leave(number)
            self._tasks.discard(task)
            writer.transport.abort()

    async def _serve(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        async def send(message: Message) -> None:
            if isinstance(message, bytes):
                writer.write(message + b"\n")
                await writer.drain()
                return
            piece = b""
            async for piece in message:
                writer.write(piece)
                await writer.drain()
            if piece:
                writer.write(b"\n")
                await writer.drain()

        send_queue = SendQueue(send, hang_up=writer.transport.abort)
        peer = peer_of(writer.get_extra_info("socket"))
        manages = self._may_manage(peer)
        client = Client(
            number=number,
            caller=Caller.MANAGE if manages else Caller.APP,
            peer=f"user {peer.uid}",
            app=f"user:{peer.uid}",
            version=1,
            send=send_queue.offer,
        )
        sending = asyncio.create_task(send_queue.run())
        try:
            while line := await _line(reader, send_queue):
                if line.strip():
                    if not self._connections.heard(number, client.peer, manages=manages):
                        break
                    await self._dispatcher.handle(client, line, reply=send_queue.put)
        finally:
            await send_queue.finish(sending)
            await self._dispatcher.disconnected(client)


async def _line(reader: asyncio.StreamReader, send_queue: SendQueue) -> bytes:
    """Return the next line, empty at the end; one that is too long is an error, and the end."""
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError:
        send_queue.offer(error_answer(None, INVALID_REQUEST, "this line is too long"))
        return b""


def _require_short(path: Path) -> None:
    length = len(os.fsencode(path))
    if length > _LONGEST_PATH_BYTES:
        raise InputError(
            f"{path}: {length} bytes, the limit of a socket's path is {_LONGEST_PATH_BYTES}",
            hint="give a shorter one with --socket",
        )


def _bound(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(os.fspath(path))
    except BaseException:
        listener.close()
        raise
    return listener


def _remove_stale(path: Path) -> None:
    """Remove the socket of a service that has stopped; one that accepts is left alone."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(os.fspath(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise InputError(
        f"another edgeagent serves at {path}", hint="stop it, or give another path with --socket"
    )
