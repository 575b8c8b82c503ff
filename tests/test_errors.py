"""The error tree: each exit code and JSON-RPC code has one meaning."""

from __future__ import annotations

import pytest

from edgeagent.errors import EdgeAgentError, OutputError, PromiseBroken
from edgeagent.start import INTERRUPTED_EXIT_CODE

USAGE_EXIT_CODE = 2  # click's


def tree(kind: type[EdgeAgentError] = EdgeAgentError) -> list[type[EdgeAgentError]]:
    below = [one for child in kind.__subclasses__() for one in tree(child)]
    return [one for one in (kind, *below) if one.__module__ == EdgeAgentError.__module__]


@pytest.mark.parametrize(
    ("code", "without"),
    # The two print where a command prints or end a simulation: no call over the socket meets them.
    [("exit_code", ()), ("rpc_code", (OutputError, PromiseBroken))],
)
def test_errors_of_one_code_are_of_one_branch(
    code: str, without: tuple[type[EdgeAgentError], ...]
) -> None:
    first: dict[int, type[EdgeAgentError]] = {}
    for kind in tree():
        if kind not in without:
            assert issubclass(kind, first.setdefault(getattr(kind, code), kind))
            # A branch with a code of its own is not the root's.
            assert kind is EdgeAgentError or first[getattr(kind, code)] is not EdgeAgentError


def test_no_error_looks_like_success_wrong_usage_or_an_interruption() -> None:
    assert not {kind.exit_code for kind in tree()} & {0, USAGE_EXIT_CODE, INTERRUPTED_EXIT_CODE}
