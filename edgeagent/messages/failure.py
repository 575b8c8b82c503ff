"""Failure: an error of our tree on its way from one of our processes to another."""

from __future__ import annotations

from typing import Self

from edgeagent import errors
from edgeagent.errors import EdgeAgentError
from edgeagent.messages.codec import Message

__all__ = ["Failure", "kind_name"]


class Failure(Message, frozen=True, kw_only=True):
    """An error by the name of its class, so that it is of the same kind on the other side."""

    error: str
    message: str
    hint: str

    @classmethod
    def of(cls, error: EdgeAgentError) -> Self:
        """Return what to send; a class outside the tree goes by the nearest one in it."""
        return cls(error=kind_name(error), message=_sendable(str(error)), hint=error.hint)

    def exception(self, *, otherwise: type[EdgeAgentError]) -> EdgeAgentError:
        """Return the error to raise; ``otherwise`` if this version does not know its name."""
        kind = getattr(errors, self.error, otherwise)
        if not (isinstance(kind, type) and issubclass(kind, EdgeAgentError)):
            kind = otherwise
        return kind(self.message, hint=self.hint)


def kind_name(error: EdgeAgentError) -> str:
    """Return the name of an error's class, or of the nearest one that is in the tree."""
    kinds = (kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
    return next(kinds).__name__


def _sendable(text: str) -> str:
    """Return a text as it can be sent: the name of a file need not be Unicode."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
