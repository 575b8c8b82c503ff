"""What another process does to the box of a running service: the service follows at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from edgeagent.agent import Agent
from edgeagent.consent import Purpose
from edgeagent.errors import StorageError
from tests.api.running import Client, Running
from tests.api.test_api_firebolt import viewings


@pytest.fixture
def manager(running: Running) -> Iterator[Client]:
    with running.line() as client:
        yield client


@pytest.fixture
def app(running: Running) -> Iterator[Client]:
    with running.websocket() as client:
        yield client


def _erase(agent: Agent) -> None:
    with suppress(StorageError):  # deleted; the old key goes when the service has let go of it
        agent.erasure.erase_history()


def _withdraw_and_grant(agent: Agent) -> None:
    agent.withdraw(Purpose.HISTORY)
    agent.grant(Purpose.HISTORY)


@pytest.mark.parametrize(
    "act",
    [
        lambda agent: agent.title_marks.forget("f:1", profile="main"),
        _erase,
        _withdraw_and_grant,
    ],
    ids=["forget", "erase", "withdraw and grant"],
)
def test_what_plays_begins_anew_after_another_process_has_deleted(
    running: Running, app: Client, manager: Client, act: Callable[[Agent], object]
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    for progress in (0.1, 0.3):
        app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": progress})
    running.box.clock.advance(60)
    with running.box.open() as other:
        act(other)
    app.result("Metrics.mediaPause", {"entityId": "f:1"})
    assert viewings(manager) == []
    app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": 0.5})
    assert [viewing["watchedOn"] for viewing in viewings(manager)] == [running.box.clock.now()]
