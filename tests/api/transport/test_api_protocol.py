"""JSON-RPC 2.0 as the specification has it, over both doors."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from edgeagent.api.transport import jsonrpc
from tests.api.running import Client, Running

CALL = {"jsonrpc": "2.0", "id": 1, "method": "Discovery.policy"}


def line(running: Running) -> Client:
    return running.line()


def websocket(running: Running) -> Client:
    return running.websocket(f"?token={running.token}")


@pytest.fixture(params=[line, websocket])
def client(request: pytest.FixtureRequest, running: Running) -> Any:  # noqa: ANN401  (a generator)
    connect: Callable[[Running], Client] = request.param
    with connect(running) as found:
        yield found


def exchange(client: Client, content: object) -> Any:  # noqa: ANN401  (any JSON)
    client.send(json.dumps(content).encode())
    return client.receive()


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"{", jsonrpc.PARSE_ERROR),
        (b"nonsense", jsonrpc.PARSE_ERROR),
        (b"[]", jsonrpc.INVALID_REQUEST),
        (b"1", jsonrpc.INVALID_REQUEST),
        (b'{"id": 1, "method": "x"}', jsonrpc.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": 1}', jsonrpc.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": true, "method": "x"}', jsonrpc.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "x", "params": 1}', jsonrpc.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "No.such"}', jsonrpc.METHOD_NOT_FOUND),
        (b'{"jsonrpc": "2.0", "id": 1, "method": ""}', jsonrpc.METHOD_NOT_FOUND),
    ],
)
def test_what_cannot_be_read_is_answered_with_its_code(
    client: Client, frame: bytes, code: int
) -> None:
    client.send(frame)
    assert client.receive()["error"]["code"] == code
    assert exchange(client, CALL)["id"] == 1  # and the connection goes on


def test_a_batch_is_answered_as_one(client: Client) -> None:
    answers = exchange(client, [CALL, 1, CALL | {"id": "two"}, CALL | {"id": 3, "method": "no"}])
    assert [answer["id"] for answer in answers] == [1, None, "two", 3]
    assert ["error" in answer for answer in answers] == [False, True, False, True]


def test_a_batch_has_an_end(client: Client) -> None:
    answer = exchange(client, [CALL] * (jsonrpc.BATCH_LIMIT + 1))
    assert answer["error"]["code"] == jsonrpc.INVALID_REQUEST


def test_notifications_are_heard_and_not_answered(client: Client) -> None:
    client.result("EdgeAgent.grant", {"purpose": "history"})
    notice = {"jsonrpc": "2.0", "method": "Discovery.watched", "params": {"entityId": "n:1"}}
    wrong = notice | {"params": {"entityId": 1}}
    for content in (notice, wrong, [notice, wrong]):
        client.send(json.dumps(content).encode())
    assert client.result("EdgeAgent.history")["count"] == 1


def test_parameters_come_by_name_by_position_or_not_at_all(client: Client) -> None:
    client.result("EdgeAgent.grant", ["history"])
    assert client.result("Discovery.watched", ["p:1", 0.5, False, "2026-01-01T00:00:00Z"])
    assert client.result("EdgeAgent.history", ["p:1"])["viewings"][0]["progressFraction"] == 0.5
    assert client.result("EdgeAgent.history")["count"] == 1
    assert client.result("EdgeAgent.history", [])["count"] == 1
    for wrong in (["p:1", -1], {"entityId": ""}, {"progress": 1}, [], ["p"] * 6):
        assert client.error("Discovery.watched", wrong)["code"] == jsonrpc.INVALID_PARAMS


def test_our_own_methods_take_nothing_unknown(client: Client) -> None:
    error = client.error("EdgeAgent.history", {"serach": "x"})
    assert error["code"] == jsonrpc.INVALID_PARAMS
    assert error["data"]["hint"]
    assert client.result("Discovery.policy", {"of": "a later SDK"})


@pytest.mark.parametrize("module", ["discovery", "Discovery", "DISCOVERY"])
def test_modules_are_found_in_any_case_and_methods_as_they_are(client: Client, module: str) -> None:
    assert client.result(f"{module}.policy")
    assert client.error(f"{module}.Policy")["code"] == jsonrpc.METHOD_NOT_FOUND


def test_the_sub_protocol_is_optional(running: Running) -> None:
    with running.websocket(subprotocols=["jsonrpc"]) as client:
        assert client.connection.subprotocol == "jsonrpc"
        assert client.result("Discovery.policy")
    with running.websocket(subprotocols=["other"]) as client:
        assert client.result("Discovery.policy")
