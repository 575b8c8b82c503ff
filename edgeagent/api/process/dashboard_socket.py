"""The dashboard's port: always open, served by a process that runs only while it is used."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from edgeagent.errors import InputError
from edgeagent.messages.server_address import LOOPBACK

__all__ = ["DashboardSocket", "dashboard_command"]

_LOG = logging.getLogger("edgeagent.service")
_RETRY_SECONDS = 5
_TIMEOUT_SECONDS = 1
_REQUEST_BYTES = 16 * 1024
_UNAVAILABLE = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: %d\r\nContent-Length: 0\r\n"
    b"Connection: close\r\n\r\n" % _RETRY_SECONDS
)


class DashboardSocket:
    """Starts the dashboard at a connection, which the dashboard then accepts, whenever none runs.

    The listening socket is passed on by number, as systemd does. It stays open here, so that no
    connection is refused between two dashboards.
    """

    def __init__(self, port: int, *, command: Callable[[int], Sequence[str]]) -> None:
        """Listen on a port of loopback.

        Args:
            port: 0 takes a free one.
            command: what to run, given the number of the listening socket.

        """
        self._port = port
        self._command = command
        self._socket: socket.socket | None = None
        self._running: asyncio.Task[None] | None = None
        self.process_id: int | None = None
        """Of the running dashboard."""

    @property
    def port(self) -> int:
        """The port, once :meth:`open` has returned."""
        return self._port

    async def open(self) -> None:
        """Begin to listen.

        Raises:
            InputError: the port is taken.

        """
        try:
            self._socket = socket.create_server((LOOPBACK, self._port))
        except OSError as error:
            raise InputError(
                f"port {self._port}: {error.strerror}", hint="give another with --dashboard-port"
            ) from error
        self._socket.settimeout(0)
        self._port = self._socket.getsockname()[1]
        self._watch()

    async def close(self) -> None:
        """End the running dashboard, and stop listening."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    async def gone(self) -> None:
        """Wait until the running dashboard has ended."""
        if self._running is not None:
            await self._running

    def _watch(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().add_reader(self._socket, self._called)

    def _watch_later(self) -> None:
        asyncio.get_running_loop().call_later(_RETRY_SECONDS, self._watch)

    def _called(self) -> None:
        if self._socket is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._socket)
            self._running = loop.create_task(self._run(self._socket.fileno()))

    async def _excuse(self) -> bool:
        """Tell the caller that the dashboard cannot start now, if it can be accepted."""
        if self._socket is None:
            return False
        loop = asyncio.get_running_loop()
        try:
            connection, _ = self._socket.accept()
        except OSError:  # disconnected, or no file descriptor is left
            return False
        with connection, suppress(OSError):  # and TimeoutError, which is one
            connection.settimeout(0)
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                await loop.sock_recv(connection, _REQUEST_BYTES)
                await loop.sock_sendall(connection, _UNAVAILABLE)
        return True

    async def _run(self, number: int) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command(number), pass_fds=(number,), stdin=subprocess.DEVNULL
            )
        except OSError as error:  # no memory, or too many processes
            _LOG.warning("the dashboard does not start: %s", error.strerror)
            if await self._excuse():
                self._watch()
            else:
                self._watch_later()
            return
        self.process_id = process.pid
        try:
            exit_code = await process.wait()
        except asyncio.CancelledError:
            process.terminate()
            await process.wait()
            raise
        finally:
            self.process_id = None
        if exit_code == 0:
            self._watch()
            return
        _LOG.warning("the dashboard ended with exit code %d", exit_code)
        self._watch_later()


def dashboard_command(socket_path: Path, language: str) -> Callable[[int], Sequence[str]]:
    """Return what starts the dashboard of the service that listens at ``socket_path``."""
    options = ("--socket", str(socket_path), "--language", language)
    return lambda number: (
        *(sys.executable, "-P", "-m", "edgeagent.dashboard"),
        *(*options, "--fd", str(number)),
    )
