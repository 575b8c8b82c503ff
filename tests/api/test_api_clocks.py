"""Apps and clocks: what was watched privately, before the time was known, or too long ago."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from edgeagent.clock import DAY_SECONDS, iso_utc
from tests.api.running import Client, Running


@pytest.fixture
def manager(running: Running) -> Iterator[Client]:
    with running.line() as client:
        yield client


@pytest.fixture
def app(running: Running) -> Iterator[Client]:
    with running.websocket() as client:
        yield client


def viewings(manager: Client) -> list[dict[str, Any]]:
    page: dict[str, list[dict[str, Any]]] = manager.result("EdgeAgent.history")
    return page["viewings"]


def test_a_private_session_that_began_and_ended_unseen_ends_what_plays(
    running: Running, app: Client, manager: Client
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": 0.1})
    running.box.clock.advance(60)
    with running.box.open() as another_process:
        another_process.private.start(10)
        running.box.clock.advance(60)
        another_process.private.stop()
    app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": 0.9})
    later, before = viewings(manager)
    assert (later["progressFraction"], before["progressFraction"]) == (0.9, 0.1)
    assert later["watchedOn"] == before["watchedOn"] + 120


def test_a_viewing_told_of_a_past_private_session_answers_as_ever_and_is_not_stored(
    running: Running, app: Client, manager: Client
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    clock = running.box.clock
    inside = clock.now() + 60
    manager.result("EdgeAgent.startPrivateSession", {"minutes": 10})
    clock.advance(3600)
    for set_back in (0, 5 * 3600):
        clock.jump(clock.now() - set_back)
        viewing = {"entityId": "f:1", "watchedOn": iso_utc(inside)}
        assert app.result("Discovery.watched", viewing) is True
        assert app.result("Discovery.watchedV2", viewing) is True
    assert viewings(manager) == []
    assert app.result("Discovery.watched", {"entityId": "f:1"}) is True
    assert len(viewings(manager)) == 1


def test_a_film_that_plays_while_the_time_becomes_known_stays_one_viewing(
    running: Running, app: Client, manager: Client
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    clock = running.box.clock
    right = clock.now()
    clock.jump(20)
    app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": 0.1})
    clock.advance(60)
    clock.jump(right)
    app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": 0.4})
    clock.advance(3600)
    app.result("Metrics.mediaEnded", {"entityId": "f:1"})
    (viewing,) = viewings(manager)
    assert (viewing["watchedOn"], viewing["completed"]) == (right - 60, True)


def test_what_an_app_dates_by_a_clock_in_1970_was_when_it_means(
    running: Running, app: Client, manager: Client
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    clock = running.box.clock
    right = clock.now()
    clock.jump(7200)
    app.result("Discovery.watched", {"entityId": "f:1", "watchedOn": "1970-01-01T01:30:00Z"})
    clock.jump(right)
    with running.box.open() as another_process:
        another_process.retention.date_viewings()
    assert [viewing["watchedOn"] for viewing in viewings(manager)] == [right - 1800]


def test_what_was_watched_before_viewings_are_kept_is_refused_by_name(
    running: Running, app: Client, manager: Client
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    long_ago = iso_utc(running.box.clock.now() - 91 * DAY_SECONDS)
    for method in ("Discovery.watched", "Discovery.watchedV2"):
        error = app.ask(method, {"entityId": "f:1", "watchedOn": long_ago})["error"]
        assert error["message"].startswith(f"watchedOn: {long_ago} is longer ago than the 90 days")
        assert "edgeagent history retention" in str(error)
    assert viewings(manager) == []
