"""Two classes of caller: what an app may not do, it cannot do by any method."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from edgeagent.api.caller import Caller
from edgeagent.api.methods.registry import EVENTS, METHODS
from edgeagent.config import Config, ServiceConfig
from edgeagent.services.household.privacy_flags import FLAGS
from tests.api.methods.openrpc_examples import EXAMPLES
from tests.api.running import Client, Running, ServiceThread

NOT_PERMITTED, UNKNOWN = -40300, -32602
OF_A_CREATIVE = {"EdgeAgent.creativeFile", "EdgeAgent.shown"}
"""The boxes here have none."""
CLASSES = {method.name: method.caller for method in METHODS}
CLASSES |= {event.name: event.caller for event in EVENTS}
PARAMS: dict[str, dict[str, Any]] = {
    method: params or {} for _, method, params in reversed(EXAMPLES) if not callable(params)
}
PARAMS |= {event.name: {"listen": True} for event in EVENTS}
APP_MAY = {
    "Advertising.onPolicyChanged",
    "Advertising.policy",
    "Discovery.onPolicyChanged",
    "Discovery.policy",
    "Discovery.watched",
    "Discovery.watchedV2",
    "EdgeAgent.applySignal",
    "EdgeAgent.choose",
    "EdgeAgent.creativeFile",
    "EdgeAgent.shown",
    "Privacy.settings",
    "Profile.flags",
    "rpc.discover",
}
"""Beside ``Metrics.*`` and the flags of ``Privacy``."""


def as_app_on_the_socket(running: Running) -> Client:
    return running.line(manage=False)


def as_app_on_the_websocket(running: Running) -> Client:
    return running.websocket()


def as_manager_on_the_socket(running: Running) -> Client:
    return running.line(manage=True)


def as_manager_on_the_websocket(running: Running) -> Client:
    return running.websocket(f"?token={running.token}")


APPS = [as_app_on_the_socket, as_app_on_the_websocket]
MANAGERS = [as_manager_on_the_socket, as_manager_on_the_websocket]


def test_what_is_open_to_apps_is_written_out_here() -> None:
    flags = {name for name in CLASSES if name.startswith("Privacy.") and "llow" in name}
    metrics = {name for name in CLASSES if name.startswith("Metrics.")}
    assert len(flags) == 3 * len(FLAGS)
    open_to_apps = {name for name, least in CLASSES.items() if least is Caller.APP}
    assert open_to_apps == APP_MAY | flags | metrics


@pytest.mark.parametrize("connect", APPS)
def test_every_method_of_a_manager_is_closed_to_an_app(
    running: Running, connect: Callable[[Running], Client]
) -> None:
    managed = [name for name, least in CLASSES.items() if least is Caller.MANAGE]
    assert len(managed) > 30
    with connect(running) as client:
        for name in managed:
            error = client.error(name, PARAMS.get(name, {}))
            assert error["code"] == NOT_PERMITTED, name
            module, method = name.split(".")
            assert client.error(f"{module.upper()}.{method}")["code"] == NOT_PERMITTED, name


@pytest.mark.parametrize("connect", APPS)
def test_every_method_of_an_app_is_open_to_it(
    running: Running, connect: Callable[[Running], Client]
) -> None:
    with running.line() as manager:
        manager.result("EdgeAgent.grant", {"purpose": "history"})
    with connect(running) as client:
        for name, least in CLASSES.items():
            if least is Caller.APP and not name.startswith("Privacy.set"):
                answer = client.ask(name, PARAMS[name])
                is_unknown = answer.get("error", {}).get("code") == UNKNOWN
                assert "result" in answer or (name in OF_A_CREATIVE and is_unknown), name


@pytest.mark.parametrize("connect", MANAGERS)
def test_every_method_is_open_to_a_manager(
    running: Running, connect: Callable[[Running], Client]
) -> None:
    with connect(running) as client:
        for name in CLASSES:
            answer = client.ask(name, PARAMS.get(name, {}))
            # Some fail here for want of a model or a consent; none is refused to the caller.
            assert "not for apps" not in json.dumps(answer.get("error")), name


@pytest.mark.parametrize("connect", APPS)
@pytest.mark.parametrize("flag", FLAGS)
def test_an_app_narrows_every_flag_and_widens_none(
    running: Running, connect: Callable[[Running], Client], flag: str
) -> None:
    setter = f"Privacy.set{flag[0].upper()}{flag[1:]}"
    with connect(running) as app:
        assert app.error(setter, {"value": True})["code"] == NOT_PERMITTED
        assert app.result(f"Privacy.{flag}") is False
        with running.line() as manager:
            for other in FLAGS:
                manager.result(f"Privacy.set{other[0].upper()}{other[1:]}", {"value": True})
        assert app.result(f"Privacy.{flag}") is True
        app.result(setter, {"value": False})
        assert app.result(f"Privacy.{flag}") is False


def test_a_wrong_token_is_no_app_either(running: Running) -> None:
    for token in ("", "0" * 64, running.token[:-1], f"{running.token}0"):
        with pytest.raises(InvalidStatus) as refused:
            running.websocket(f"?token={token}")
        assert refused.value.response.status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1"])
def test_a_foreign_origin_is_refused(running: Running, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        running.websocket(origin=origin)
    assert refused.value.response.status_code == HTTPStatus.FORBIDDEN


def test_a_listed_origin_is_an_app(services: ServiceThread) -> None:
    listed = ServiceConfig(allowed_origins=("https://app.example", "null"))
    running = services.start(config=Config(service=listed))
    for origin in listed.allowed_origins:
        with running.websocket(origin=origin) as client:
            assert client.result("Privacy.allowWatchHistory") is False
            assert client.error("EdgeAgent.status")["code"] == NOT_PERMITTED


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.nip.io"])
def test_another_host_name_is_refused(running: Running, host: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        running.websocket(additional_headers={"Host": host})
    assert refused.value.response.status_code in {HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST}


def test_localhost_is_this_host(running: Running) -> None:
    from websockets.sync.client import connect  # noqa: PLC0415

    with connect(f"ws://localhost:{running.port}/", origin=None) as connection:
        connection.send('{"jsonrpc":"2.0","id":1,"method":"Discovery.policy"}')
        assert json.loads(connection.recv(30))["id"] == 1
