"""Failure: the serialised form of one of our errors, sent to another process or a client."""

from __future__ import annotations

from typing import Self

from edgeagent import errors
from edgeagent.errors import EdgeAgentError
from edgeagent.messages.codec import Message, decode

__all__ = ["Failure", "RpcError", "decode_failure"]

_CAP_BYTES = 64 * 1024
"""More than the longest file name in a message and its hint."""


class Failure(Message, frozen=True, kw_only=True):
    """An error with the name of its class, so that the receiver raises the same class."""

    error: str
    message: str
    hint: str

    @classmethod
    def of(cls, error: EdgeAgentError) -> Self:
        """Return the failure for an error; a class outside the tree is sent as its nearest base."""
        return cls(error=_kind_name(error), message=_sendable(str(error)), hint=error.hint)

    def exception(self, *, otherwise: type[EdgeAgentError]) -> EdgeAgentError:
        """Return the error to raise; ``otherwise`` if this version does not know its class."""
        kind = getattr(errors, self.error, otherwise)
        if not (isinstance(kind, type) and issubclass(kind, EdgeAgentError)):
            kind = otherwise
        return kind(self.message, hint=self.hint)


def decode_failure(data: bytes) -> Failure:
    """Decode a failure (≤ 64 KiB).

    Raises:
        MalformedMessage: it is not a failure.

    """
    return decode(data, Failure, cap_bytes=_CAP_BYTES)


class RpcErrorData(Message, frozen=True, kw_only=True, omit_defaults=True):
    """The data of our own errors: the class name and the hint."""

    kind: str = ""
    hint: str = ""


class RpcError(Message, frozen=True, kw_only=True, omit_defaults=True):
    """An error object of JSON-RPC 2.0; without data if it is an error of the protocol itself."""

    code: int
    message: str
    data: RpcErrorData | None = None

    @classmethod
    def of(cls, error: EdgeAgentError) -> Self:
        """Return the error object to send."""
        failure = Failure.of(error)
        data = RpcErrorData(kind=failure.error, hint=failure.hint)
        return cls(code=error.rpc_code, message=failure.message, data=data)

    def failure(self) -> Failure:
        """Return the failure; without a kind if the error has none."""
        data = self.data or RpcErrorData()
        return Failure(error=data.kind, message=self.message, hint=data.hint)


def _kind_name(error: EdgeAgentError) -> str:
    """Return the name of an error's class, or of its nearest base in the tree."""
    kinds = (kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
    return next(kinds).__name__


def _sendable(text: str) -> str:
    """Return a text that can be encoded: file names need not be Unicode."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
