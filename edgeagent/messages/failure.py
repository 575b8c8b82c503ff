"""Failure: an error of our tree on its way from one process to another, or to a client."""

from __future__ import annotations

from typing import Self

from edgeagent import errors
from edgeagent.errors import EdgeAgentError
from edgeagent.messages.codec import Message, decode

__all__ = ["Failure", "RpcError", "decode_failure"]

_CAP_BYTES = 64 * 1024
"""More than the longest name of a file in a message and its hint."""


class Failure(Message, frozen=True, kw_only=True):
    """An error by the name of its class, so that it is of the same kind on the other side."""

    error: str
    message: str
    hint: str

    @classmethod
    def of(cls, error: EdgeAgentError) -> Self:
        """Return what to send; a class outside the tree goes by the nearest one in it."""
        return cls(error=_kind_name(error), message=_sendable(str(error)), hint=error.hint)

    def exception(self, *, otherwise: type[EdgeAgentError]) -> EdgeAgentError:
        """Return the error to raise; ``otherwise`` if this version does not know its name."""
        kind = getattr(errors, self.error, otherwise)
        if not (isinstance(kind, type) and issubclass(kind, EdgeAgentError)):
            kind = otherwise
        return kind(self.message, hint=self.hint)


def decode_failure(data: bytes) -> Failure:
    """Decode a failure (≤ 64 KiB).

    Raises:
        MalformedMessage: it is none.

    """
    return decode(data, Failure, cap_bytes=_CAP_BYTES)


class RpcErrorData(Message, frozen=True, kw_only=True, omit_defaults=True):
    """What our own errors say besides a code: the name of the class, and the way out."""

    kind: str = ""
    hint: str = ""


class RpcError(Message, frozen=True, kw_only=True, omit_defaults=True):
    """A failure as JSON-RPC 2.0 tells of one; without data where it is the protocol's own."""

    code: int
    message: str
    data: RpcErrorData | None = None

    @classmethod
    def of(cls, error: EdgeAgentError) -> Self:
        """Return what to answer."""
        failure = Failure.of(error)
        data = RpcErrorData(kind=failure.error, hint=failure.hint)
        return cls(code=error.rpc_code, message=failure.message, data=data)

    def failure(self) -> Failure:
        """Return the failure that was told; one without a kind is of none that is known here."""
        data = self.data or RpcErrorData()
        return Failure(error=data.kind, message=self.message, hint=data.hint)


def _kind_name(error: EdgeAgentError) -> str:
    """Return the name of an error's class, or of the nearest one that is in the tree."""
    kinds = (kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
    return next(kinds).__name__


def _sendable(text: str) -> str:
    """Return a text as it can be sent: the name of a file need not be Unicode."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
