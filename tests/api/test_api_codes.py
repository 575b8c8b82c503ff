"""Every error code of the page of the API, as a client comes by it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edgeagent.api.transport import jsonrpc
from edgeagent.config import Config, ServiceConfig
from edgeagent.errors import (
    EdgeAgentError,
    LedgerBroken,
    NetworkError,
    NoModel,
    UpdateRefused,
    WrongKey,
)
from tests.api.running import Client, Running, ServiceThread, let_report_wait

PAGE = Path(__file__).parents[2] / "edgeagent" / "api" / "README.md"


@pytest.fixture
def running(services: ServiceThread) -> Running:
    return services.start(config=Config(service=ServiceConfig(viewings_at_once=10)))


def code(client: Client, method: str, params: object = None) -> int:
    error = client.error(method, params)
    assert error["message"]
    assert error["data"]["hint"]
    number: int = error["code"]
    return number


def test_each_code_is_reached(running: Running) -> None:
    reached = set()
    with running.websocket() as app, running.line() as manager:
        for frame in (b"{", b"1", b'{"jsonrpc":"2.0","id":1,"method":"No.such"}'):
            app.send(frame)
            reached.add(app.receive()["error"]["code"])
        reached.add(code(app, "Discovery.watched", {"entityId": ""}))
        reached.add(code(app, "Discovery.watched", {"entityId": "f:1"}))
        manager.result("EdgeAgent.setProfileLock", {"newPin": "2580"})
        reached.add(code(manager, "EdgeAgent.grant", {"purpose": "history"}))
        manager.result("EdgeAgent.setProfileLock", {"newPin": None, "pin": "2580"})
        manager.result("EdgeAgent.grant", {"purpose": "history"})
        manager.result("EdgeAgent.grant", {"purpose": "personalization"})
        reached.add(code(app, "Discovery.watched", [{"entityId": f"f:{n}"} for n in range(6)]))
        reached.add(code(manager, "EdgeAgent.rollbackModel"))
        let_report_wait(running.box)
        reached.add(code(manager, "EdgeAgent.preview"))  # would be a second draw
        failure = NetworkError("no server", hint="this is a test")
        running.service._outside.jobs.fails = failure  # type: ignore[attr-defined]
        reached.add(code(manager, "EdgeAgent.updateModel"))
        history = running.box.directory / "history.db"
        manager.result("EdgeAgent.history")
        history.with_name("history.key").write_text("no key")
        confirm = manager.result("EdgeAgent.erase", {"scope": "history"})["confirm"]
        given = {"scope": "history", "confirm": confirm}
        reached.add(code(manager, "EdgeAgent.erase", given))
    assert reached == set(documented())


@pytest.mark.parametrize("kind", [WrongKey, NoModel, LedgerBroken, UpdateRefused])
def test_the_kind_of_a_job_s_error_reaches_the_caller(
    running: Running, kind: type[EdgeAgentError]
) -> None:
    running.service._outside.jobs.fails = kind("said", hint="do")  # type: ignore[attr-defined]
    with running.line() as manager:
        error = manager.error("EdgeAgent.updateModel")
    assert (error["code"], error["message"]) == (kind.rpc_code, "said")
    assert error["data"] == {"kind": kind.__name__, "hint": "do"}


def documented() -> list[int]:
    rows = re.findall(r"^\| ((?:−\d{5}(?:, )?)+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    return [-int(number) for row in rows for number in re.findall(r"\d{5}", row)]


def test_every_code_of_the_tree_is_in_the_readme() -> None:
    def tree(kind: type[EdgeAgentError]) -> set[int]:
        below = (tree(child) for child in kind.__subclasses__())
        return {kind.rpc_code}.union(*below)

    assert tree(EdgeAgentError) - {jsonrpc.INTERNAL_ERROR} <= set(documented())
