"""JSON-RPC 2.0 without I/O: bytes become requests, answers become bytes.

A frame is one request or a batch. What cannot be read becomes the error that the specification
names; no part of a frame is quoted in an answer or logged.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from edgeagent.api.params import Given
from edgeagent.errors import EdgeAgentError
from edgeagent.messages.failure import RpcError

__all__ = [
    "BATCH_ANSWER_BYTES",
    "BATCH_LIMIT",
    "FRAME_LIMIT_BYTES",
    "INTERNAL_ERROR",
    "INVALID_PARAMS",
    "INVALID_REQUEST",
    "METHOD_NOT_FOUND",
    "PARSE_ERROR",
    "BadFrame",
    "Fault",
    "Frame",
    "Id",
    "Request",
    "error_answer",
    "failure_answer",
    "notification",
    "read_frame",
    "refused",
    "result_answer",
]

FRAME_LIMIT_BYTES = 256 * 1024
"""Longest frame that is read: an evening's list of about 2,000 viewings."""
BATCH_LIMIT = 100
BATCH_ANSWER_BYTES = 512 * 1024
"""Length of the answers to one batch above which its remaining requests are refused. With one more
answer and the refusals they stay below 1 MiB, which WebSocket libraries accept by default."""

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603

Id = str | int | float | None


class BadFrame(Exception):
    """A frame that is neither a request nor a batch; ``code`` is the error to answer."""

    def __init__(self, code: int, message: str) -> None:
        """Keep code and message of the answer."""
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call."""

    method: str
    params: Given
    id: Id
    is_notification: bool
    """It has no ``id``: the client expects no answer, not even an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A member of a frame that is not a request, and the error to answer."""

    code: int
    message: str
    id: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The requests of one frame."""

    items: tuple[Request | Fault, ...]
    is_batch: bool


def read_frame(data: bytes | str) -> Frame:
    """Read one frame.

    Raises:
        BadFrame: it is no JSON, or neither a request nor a batch of them.

    """
    try:
        content = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadFrame(PARSE_ERROR, "this is not JSON") from error
    if not isinstance(content, list):
        return Frame(items=(_item(content),), is_batch=False)
    if not content:
        raise BadFrame(INVALID_REQUEST, "a batch holds at least one request")
    if len(content) > BATCH_LIMIT:
        raise BadFrame(INVALID_REQUEST, f"a batch holds at most {BATCH_LIMIT} requests")
    return Frame(items=tuple(_item(member) for member in content), is_batch=True)


def refused(item: Request | Fault) -> Request | Fault:
    """Return the refusal of a request whose batch has exceeded the limit of its answers."""
    if isinstance(item, Fault) or item.is_notification:
        return item
    message = "the answers to this batch are too long: ask in smaller batches"
    return Fault(code=INVALID_REQUEST, message=message, id=item.id)


def result_answer(request_id: Id, result: object) -> bytes:
    """Encode the result of a call."""
    return msgspec.json.encode({"jsonrpc": "2.0", "id": request_id, "result": result})


def error_answer(request_id: Id, code: int, message: str) -> bytes:
    """Encode an error of the protocol."""
    return _refusal(request_id, RpcError(code=code, message=message))


def failure_answer(request_id: Id, error: EdgeAgentError) -> bytes:
    """Encode an error of our tree: message, kind and hint."""
    return _refusal(request_id, RpcError.of(error))


def _refusal(request_id: Id, error: RpcError) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": request_id, "error": error})


def notification(method: str, params: object) -> bytes:
    """Encode a notification."""
    return msgspec.json.encode({"jsonrpc": "2.0", "method": method, "params": params})


def _item(content: object) -> Request | Fault:
    if not isinstance(content, dict):
        return Fault(code=INVALID_REQUEST, message="a request is an object", id=None)
    request_id = content.get("id")
    if isinstance(request_id, bool) or not isinstance(request_id, str | int | float | None):
        return Fault(code=INVALID_REQUEST, message="id: a string, a number or null", id=None)
    method, params = content.get("method"), content.get("params")
    if content.get("jsonrpc") != "2.0":
        return Fault(code=INVALID_REQUEST, message='jsonrpc: must be "2.0"', id=request_id)
    if not isinstance(method, str):
        return Fault(code=INVALID_REQUEST, message="method: a string", id=request_id)
    if params is not None and not isinstance(params, list | dict):
        return Fault(code=INVALID_REQUEST, message="params: an array or an object", id=request_id)
    return Request(
        method=method,
        params={} if params is None else params,
        id=request_id,
        is_notification="id" not in content,
    )
