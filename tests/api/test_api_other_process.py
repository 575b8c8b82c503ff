"""What another process does to the box of a running service: the service follows at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from edgeagent.agent import Agent
from edgeagent.consent import Purpose
from edgeagent.errors import StorageError
from edgeagent.services.erasure import erase_box
from edgeagent.services.key_care import configured_provider
from tests.api.running import Client, Running
from tests.api.test_api_firebolt import NOT_PERMITTED, granted, viewings


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


def test_a_box_that_another_process_has_erased_is_served_empty(
    running: Running, app: Client, manager: Client
) -> None:
    box = running.box
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    app.result("Discovery.watched", {"entityId": "f:1"})
    for progress in (0.1, 0.3):
        app.result("Metrics.mediaProgress", {"entityId": "f:2", "progress": progress})
    provider = configured_provider(box.directory, box.config)
    erase_box(box.directory, provider=provider, now=box.clock.now())
    assert viewings(manager) == []
    assert granted(manager) == set()
    assert app.error("Discovery.watched", {"entityId": "f:3"})["code"] == NOT_PERMITTED
    app.result("Metrics.mediaPause", {"entityId": "f:2"})
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    app.result("Discovery.watched", {"entityId": "f:4"})
    assert [viewing["entityId"] for viewing in viewings(manager)] == ["f:4"]
    with box.open() as other:
        assert other.home.history.count("main") == 1
