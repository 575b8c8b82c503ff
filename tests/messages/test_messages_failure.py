from __future__ import annotations

import msgspec
import pytest

from edgeagent import errors
from edgeagent.errors import EdgeAgentError, ModelError, WrongKey
from edgeagent.messages import Failure

TREE = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("kind", TREE)
def test_every_error_arrives_as_it_was_sent(kind: type[EdgeAgentError]) -> None:
    sent = msgspec.json.encode(Failure.of(kind("what happened", hint="the way out")))
    error = msgspec.json.decode(sent, type=Failure).exception(otherwise=ModelError)
    assert type(error) is kind
    assert (str(error), error.hint) == ("what happened", "the way out")


def test_a_kind_that_is_not_in_the_tree_goes_by_the_one_above() -> None:
    class Special(WrongKey):
        pass

    assert Failure.of(Special("m")).error == "WrongKey"


def test_the_name_of_a_file_that_is_not_unicode_can_be_sent() -> None:
    sent = msgspec.json.encode(Failure.of(WrongKey("a\udc80b")))
    assert msgspec.json.decode(sent, type=Failure).message == "a\\udc80b"


@pytest.mark.parametrize("name", ["ValueError", "ClassVar", "annotations", "__name__", ""])
def test_a_name_that_this_version_does_not_know_becomes_what_the_caller_says(name: str) -> None:
    failure = Failure(error=name, message="m", hint="h")
    assert type(failure.exception(otherwise=ModelError)) is ModelError
