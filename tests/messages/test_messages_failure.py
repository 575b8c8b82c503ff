from __future__ import annotations

import msgspec
import pytest

from edgeagent import errors
from edgeagent.errors import EdgeAgentError, ModelError, WrongKey
from edgeagent.messages import Failure
from edgeagent.messages.failure import RpcError, decode_failure

TREE = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("kind", TREE)
def test_every_error_arrives_as_it_was_sent(kind: type[EdgeAgentError]) -> None:
    sent = msgspec.json.encode(Failure.of(kind("what happened", hint="the way out")))
    error = decode_failure(sent).exception(otherwise=ModelError)
    assert type(error) is kind
    assert (str(error), error.hint) == ("what happened", "the way out")


def test_a_kind_that_is_not_in_the_tree_goes_by_the_one_above() -> None:
    class Special(WrongKey):
        pass

    assert Failure.of(Special("m")).error == "WrongKey"


def test_the_name_of_a_file_that_is_not_unicode_can_be_sent() -> None:
    sent = msgspec.json.encode(Failure.of(WrongKey("a\udc80b")))
    assert decode_failure(sent).message == "a\\udc80b"


@pytest.mark.parametrize("name", ["ValueError", "ClassVar", "annotations", "__name__", ""])
def test_a_name_that_this_version_does_not_know_becomes_what_the_caller_says(name: str) -> None:
    failure = Failure(error=name, message="m", hint="h")
    assert type(failure.exception(otherwise=ModelError)) is ModelError


@pytest.mark.parametrize("kind", TREE)
def test_a_client_learns_code_kind_and_hint(kind: type[EdgeAgentError]) -> None:
    sent = msgspec.json.encode(RpcError.of(kind("what happened", hint="the way out")))
    told = msgspec.json.decode(sent, type=RpcError)
    error = told.failure().exception(otherwise=ModelError)
    assert (told.code, type(error)) == (kind.rpc_code, kind)
    assert (str(error), error.hint) == ("what happened", "the way out")


def test_what_is_not_said_is_left_out() -> None:
    assert msgspec.json.encode(RpcError.of(WrongKey("m"))) == (
        b'{"code":-50100,"message":"m","data":{"kind":"WrongKey"}}'
    )
    protocol = RpcError(code=-32700, message="this is not JSON")
    assert msgspec.json.encode(protocol) == b'{"code":-32700,"message":"this is not JSON"}'
    error = protocol.failure().exception(otherwise=EdgeAgentError)
    assert (type(error), str(error), error.hint) == (EdgeAgentError, "this is not JSON", "")
