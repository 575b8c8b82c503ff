"""The box as the dashboard sees it: ``EdgeAgent.*``, a line of JSON there and one back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from edgeagent.errors import EdgeAgentError, InputError, NetworkError
from edgeagent.messages.failure import RpcError

__all__ = ["BoxClient", "Refused"]

_ANSWER_LIMIT_BYTES = 256 * 1024 * 1024
"""An export of every viewing in a year is the longest answer."""
_TIMEOUT_SECONDS = 1800
"""An update takes a quarter of an hour at most, and may have to wait for another."""

T = TypeVar("T")


class Refused(EdgeAgentError):
    """The service answered with an error; ``error`` is that error, ``code`` the API's name for it.

    It is told apart from an error of ours: a server that the service cannot reach is not a service
    that does not answer.
    """

    def __init__(self, told: RpcError, *, asked_with: Mapping[str, object]) -> None:
        """Keep what the service said to a call with these parameters."""
        self.code = told.code
        self.is_of_parameters = bool(asked_with) and told.code == InputError.rpc_code
        """Whether it refuses what a form or an address named; a call without parameters can only
        have met settings that are wrong."""
        self.error = told.failure().exception(otherwise=EdgeAgentError)
        super().__init__(told.message, hint=self.error.hint)


class BoxClient:
    """One connection to the service, opened at the first question."""

    def __init__(self, socket: Path) -> None:
        """Ask the service that listens at ``socket``."""
        self._socket = socket
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._asked = 0

    async def ask(self, name: str, kind: type[T], /, **params: object) -> T:
        """Call ``EdgeAgent.name``, whose answer is of this kind.

        Raises:
            Refused: the service said no, and why.
            NetworkError: it does not answer, or not what is expected.

        """
        return self._read(await self.ask_raw(name, **params), kind)

    async def ask_if_any(self, name: str, kind: type[T], /, **params: object) -> T | None:
        """Call ``EdgeAgent.name``; ``None`` where the answer is null."""
        answer = await self.ask_raw(name, **params)
        return None if bytes(answer) == b"null" else self._read(answer, kind)

    async def ask_raw(self, name: str, /, **params: object) -> msgspec.Raw:
        """Call ``EdgeAgent.name``, and return the answer as it came, unread."""
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
            raise Refused(answer.error, asked_with=params)
        return answer.result

    def _read(self, answer: msgspec.Raw, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(answer, type=kind)
        except msgspec.MsgspecError as error:
            raise NetworkError(
                f"the service at {self._socket} is of another release: {error}",
                hint="start 'edgeagent serve' again",
            ) from error

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


class _RpcResponse(msgspec.Struct, frozen=True, kw_only=True):
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: RpcError | None = None
