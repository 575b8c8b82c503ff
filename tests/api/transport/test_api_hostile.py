"""Hostile clients: whatever one sends, the service stays up, in bounds, and answers the others."""

from __future__ import annotations

import json
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, ConnectionClosedError

from edgeagent.api.methods.registry import METHODS
from edgeagent.api.transport.connection_limiter import ConnectionLimiter
from edgeagent.api.transport.jsonrpc import (
    FRAME_LIMIT_BYTES,
    INVALID_REQUEST,
    PARSE_ERROR,
    BadFrame,
    read_frame,
)
from edgeagent.config import Config, ServiceConfig
from tests.api.running import Client, LineClient, Running, ServiceThread

CALL = b'{"jsonrpc": "2.0", "id": 1, "method": "Discovery.policy"}'


@pytest.fixture
def other(running: Running) -> Iterator[Client]:
    """Another client, which did nothing wrong."""
    with running.line() as client:
        yield client
        assert client.result("EdgeAgent.status")["problems"] == []


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"jsonrpc":"2.0","params":['])
def test_json_a_hundred_thousand_deep(running: Running, other: Client, opening: bytes) -> None:
    deep = opening * min(100_000, 250_000 // len(opening))
    with running.line() as line, running.websocket() as websocket:
        for client in (line, websocket):
            client.send(deep)
            assert client.receive()["error"]["code"] == PARSE_ERROR
            assert client.result("Discovery.policy")
    assert other.result("Discovery.policy")


def test_a_frame_of_a_hundred_megabytes_on_the_websocket(running: Running, other: Client) -> None:
    before = resident_bytes()
    header = b"\x81\xff" + (100_000_000).to_bytes(8, "big") + b"\0\0\0\0"
    with running.websocket() as client:
        client.connection.socket.sendall(header)
        with suppress(OSError):
            for _ in range(100):
                client.connection.socket.sendall(bytes(1_000_000))
        with pytest.raises(ConnectionClosed):
            client.receive()
    assert other.result("Discovery.policy")
    assert resident_bytes() - before < 16_000_000


def test_a_line_of_a_hundred_megabytes_on_the_socket(running: Running, other: Client) -> None:
    before = resident_bytes()
    with running.line() as client:
        with suppress(OSError):
            for _ in range(100):
                client.socket.sendall(b" " * 1_000_000)
        with suppress(ConnectionError):
            answer = client.receive()
            assert answer is None or answer["error"]["code"] == INVALID_REQUEST
    assert other.result("Discovery.policy")
    assert resident_bytes() - before < 16_000_000


def test_a_frame_of_exactly_the_limit_is_read(running: Running) -> None:
    frame = CALL + b" " * (FRAME_LIMIT_BYTES - len(CALL) - 1)
    with running.line() as line, running.websocket() as websocket:
        for client in (line, websocket):
            client.send(frame)
            assert client.receive()["id"] == 1


def test_binary_frames_and_text_that_is_none(running: Running, other: Client) -> None:
    with running.websocket() as client:
        client.connection.send(CALL)
        with pytest.raises(ConnectionClosedError) as closed:
            client.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1003
    with running.websocket() as client:
        client.connection.socket.sendall(b"\x81\x82\0\0\0\0\xff\xfe")
        with pytest.raises(ConnectionClosedError) as closed:
            client.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1007
    with running.line() as client:
        client.send(b'{"jsonrpc":"2.0","id":1,"method":"\xff\xfe"}')
        assert client.receive()["error"]["code"] == PARSE_ERROR
        client.send(b"\0\xff\xfe\0")
        assert client.receive()["error"]["code"] == PARSE_ERROR
    assert other.result("Discovery.policy")


@pytest.mark.deep
@pytest.mark.parametrize("door", ["unix", "tcp"])
def test_ten_thousand_connections_keep_nobody_out(
    running: Running, other: Client, door: str
) -> None:
    """In flights of two hundred: this process holds both ends, and has a limit of its own."""
    before = resident_bytes()
    with running.websocket() as speaking:
        speaking.result("Discovery.policy")
        for number in range(50):
            with ExitStack() as flight:
                for _ in range(200):
                    guest = flight.enter_context(
                        socket.socket(socket.AF_UNIX if door == "unix" else socket.AF_INET)
                    )
                    guest.settimeout(10)
                    with suppress(OSError):
                        guest.connect(
                            str(running.socket) if door == "unix" else ("127.0.0.1", running.port)
                        )
                assert other.result("Discovery.policy")
                assert speaking.result("Discovery.policy")
                if number % 10 == 0:
                    with running.websocket() as newcomer, running.line() as another:
                        assert newcomer.result("Discovery.policy")
                        assert another.result("Discovery.policy")
    assert resident_bytes() - before < 32_000_000


@pytest.mark.parametrize("door", ["unix", "websocket"])
def test_apps_that_all_speak_turn_an_app_away_and_no_manager(
    services: ServiceThread, door: str
) -> None:
    running = services.start(config=Config(service=ServiceConfig(max_connections=4)))

    def app() -> Client:
        return running.line(manage=False) if door == "unix" else running.websocket()

    def manager() -> Client:
        return running.line() if door == "unix" else running.websocket(f"?token={running.token}")

    with ExitStack() as connections:
        there = [connections.enter_context(app()) for _ in range(3)]
        assert all(client.result("Discovery.policy") for client in there)
        late = connections.enter_context(
            LineClient(running.socket) if door == "unix" else running.websocket()
        )
        with suppress(ConnectionError, ConnectionClosed):
            late.send(CALL)
            assert late.receive() is None
        with manager() as newcomer:
            assert newcomer.result("EdgeAgent.status")
        assert all(client.result("Discovery.policy") for client in there)


def test_managers_that_all_speak_turn_a_newcomer_away(services: ServiceThread) -> None:
    running = services.start(config=Config(service=ServiceConfig(max_connections=4)))
    with ExitStack() as connections:
        there = [connections.enter_context(running.line()) for _ in range(4)]
        with LineClient(running.socket) as late, suppress(ConnectionError):
            late.send(CALL)
            assert late.receive() is None
        assert all(client.result("Discovery.policy") for client in there)


def test_a_peer_with_many_connections_makes_room_for_one_with_few() -> None:
    connections = ConnectionLimiter(8)
    gone: list[int] = []

    def enter(number: int) -> int:
        found = connections.enter(lambda: gone.append(number))
        assert found == number
        return found

    for number in range(1, 7):
        assert connections.heard(enter(number), "crowd", manages=False)
    assert not connections.heard(enter(7), "crowd", manages=False)
    assert connections.heard(enter(8), "one", manages=False)
    assert connections.heard(8, "one", manages=False)  # and goes on
    assert gone == [6]
    assert not connections.heard(6, "crowd", manages=False)
    connections.leave(6)
    assert connections.heard(enter(9), "one", manages=False)
    assert gone == [6, 5]
    assert connections.heard(enter(10), "another", manages=False)
    assert gone == [6, 5, 4]
    assert not connections.heard(enter(11), "one", manages=False)  # each has as many


def test_who_does_not_read_events_is_hung_up_on(running: Running, other: Client) -> None:
    with running.line() as deaf:
        deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.result("EdgeAgent.onProfilesChanged", {"listen": True})
        for number in range(60):
            other.result("EdgeAgent.createProfile", {"name": f"{number:060}"})
        for _ in range(200):  # each event lists all profiles
            other.result("EdgeAgent.switchProfile", {"name": "main"})
        told = 0
        with suppress(ConnectionError):
            while deaf.receive() is not None:
                told += 1
        assert told < 260
    assert other.result("Discovery.policy")


def test_who_does_not_read_answers_is_not_read_from(running: Running, other: Client) -> None:
    with running.line() as deaf:
        deaf.socket.settimeout(0)
        sent = 0
        ask = b'{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}\n'
        with suppress(BlockingIOError):
            while sent < 200_000:
                deaf.socket.sendall(ask)
                sent += 1
                assert sent % 1000 or other.result("Discovery.policy")
        assert sent < 200_000  # the service stopped reading long before
    assert other.result("Discovery.policy")


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
KEYS = ["entityId", "value", "profile", "progress", "limit", "purpose", "scope", "name"]
NAMES = [
    method.name
    for method in METHODS
    # These reach outside; the others are open to whatever comes.
    if method.name not in {"EdgeAgent.updateModel", "rpc.discover"}
]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes | str) -> None:
    with suppress(BadFrame):
        assert read_frame(data).items


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    calls=st.lists(
        st.tuples(
            st.sampled_from(NAMES),
            ANY_JSON | st.dictionaries(st.sampled_from(KEYS), ANY_JSON),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_parameters_are_answered_in_good_order(
    running: Running, calls: list[tuple[str, object]]
) -> None:
    with running.line() as client:
        for number, (method, params) in enumerate(calls):
            call = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            client.send(json.dumps(call).encode())
            answer = client.receive()
            assert ("result" in answer) != ("error" in answer)
            if "error" in answer:
                assert answer["error"]["code"] in range(-60000, 0)
                assert answer["error"]["message"] != "internal error", (method, params)
