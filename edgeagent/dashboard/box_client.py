"""The box as the dashboard sees it: ``EdgeAgent.*``, a line of JSON there and one back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from edgeagent.errors import EdgeAgentError, NetworkError, NoModel

__all__ = ["NOT_GRANTED", "NO_MODEL", "BoxClient", "Refused"]

NOT_GRANTED = -40300
"""The code of what needs a switch that is off."""
NO_MODEL = NoModel.__name__
"""The kind of what needs a model, where none has been downloaded."""

_ANSWER_LIMIT_BYTES = 256 * 1024 * 1024
"""An export of every viewing in a year is the longest answer."""
_TIMEOUT_SECONDS = 1800
"""An update takes a quarter of an hour at most, and may have to wait for another."""


class Refused(EdgeAgentError):
    """The service answered with an error; ``code`` and ``kind`` say which.

    It is told apart from an error of ours: a server that the service cannot reach is not a service
    that does not answer.
    """

    def __init__(self, code: int, message: str, *, kind: str = "", hint: str = "") -> None:
        """Keep what the service said; ``kind`` is a name of :mod:`edgeagent.errors`."""
        super().__init__(message, hint=hint)
        self.code = code
        self.kind = kind


class BoxClient:
    """One connection to the service, opened at the first question."""

    def __init__(self, socket: Path) -> None:
        """Ask the service that listens at ``socket``."""
        self._socket = socket
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._asked = 0

    async def ask(self, name: str, /, **params: object) -> Any:  # noqa: ANN401  (JSON)
        """Call ``EdgeAgent.name``.

        Raises:
            Refused: the service said no, and why.
            NetworkError: it does not answer, or not in JSON.

        """
        return msgspec.json.decode(await self.ask_raw(name, **params))

    async def ask_raw(self, name: str, /, **params: object) -> msgspec.Raw:
        """Call likewise, and return the result as it came, unread."""
        self._asked += 1
        request = {
            "jsonrpc": "2.0",
            "id": self._asked,
            "method": f"EdgeAgent.{name}",
            "params": params,
        }
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                line = await self._exchange(msgspec.json.encode(request) + b"\n")
            answer = msgspec.json.decode(line, type=_RpcResponse)
        except (OSError, EOFError, TimeoutError, ValueError, msgspec.MsgspecError) as error:
            raise NetworkError(
                f"the service at {self._socket} does not answer", hint="start 'edgeagent serve'"
            ) from error
        if answer.error is not None:
            fault = answer.error
            kind, hint = fault.data.get("kind", ""), fault.data.get("hint", "")
            raise Refused(fault.code, fault.message, kind=kind, hint=hint)
        return answer.result

    async def _exchange(self, request: bytes) -> bytes:
        if self._streams is None:
            self._streams = await asyncio.open_unix_connection(
                self._socket, limit=_ANSWER_LIMIT_BYTES
            )
        reader, writer = self._streams
        writer.write(request)
        await writer.drain()
        return await reader.readuntil(b"\n")

    async def __aenter__(self) -> Self:
        """Use it for the length of one request."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class _RpcError(msgspec.Struct, frozen=True, kw_only=True):
    code: int
    message: str
    data: dict[str, str] = {}


class _RpcResponse(msgspec.Struct, frozen=True, kw_only=True):
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: _RpcError | None = None
