"""An app in a loop: it is told so, fills nothing, and the others go on telling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeagent.api.allowance import Allowance
from edgeagent.config import Config, ServiceConfig
from edgeagent.errors import TooManyViewings
from tests.api.running import Running, ServiceThread

TOO_MANY = -42900
HOUR = 3600


def films(first: int, count: int) -> list[dict[str, object]]:
    return [{"entityId": f"f:{number}"} for number in range(first, first + count)]


@pytest.fixture
def small(services: ServiceThread) -> Running:
    limits = ServiceConfig(viewings_at_once=20, viewings_per_hour=10)
    running = services.start(config=Config(service=limits))
    with running.line() as manager:
        manager.result("EdgeAgent.grant", {"purpose": "history"})
    return running


def kept(running: Running) -> int:
    with running.line() as manager:
        count: int = manager.result("EdgeAgent.history")["count"]
    return count


def test_an_app_in_a_loop_is_refused_and_leaves_room_for_another(small: Running) -> None:
    with small.websocket() as looping, small.line(manage=False) as other:
        for number in range(10):
            assert looping.result("Discovery.watched", films(number, 1)[0])
        for method in ("watched", "watchedV2"):
            refused = looping.error(f"Discovery.{method}", films(50, 1)[0])
            assert refused["code"] == TOO_MANY
            assert "viewings_per_hour" in refused["data"]["hint"]
        assert other.result("Discovery.watched", films(100, 10))
        assert kept(small) == 20
        assert looping.result("Discovery.policy")  # it may go on with everything else
    with small.websocket() as anew:
        assert anew.error("Discovery.watched", films(60, 1)[0])["code"] == TOO_MANY


def test_a_list_is_stored_whole_or_not_at_all(small: Running) -> None:
    with small.websocket() as app:
        assert app.error("Discovery.watched", films(0, 11))["code"] == TOO_MANY
        assert kept(small) == 0
        assert app.result("Discovery.watched", films(0, 10))
    assert kept(small) == 10


def test_room_comes_back_with_time(small: Running) -> None:
    with small.websocket() as app:
        app.result("Discovery.watched", films(0, 10))
        small.box.clock.advance(HOUR)
        assert app.result("Discovery.watched", films(10, 5))
        assert app.error("Discovery.watched", films(20, 1)[0])["code"] == TOO_MANY


def test_whoever_may_manage_is_not_counted(small: Running) -> None:
    with small.line() as manager:
        assert manager.result("Discovery.watched", films(0, 100))


def test_a_player_that_jumps_from_title_to_title_is_counted_too(small: Running) -> None:
    with small.websocket() as app:
        for number in range(10):
            assert app.result("Metrics.mediaProgress", {"entityId": f"m:{number}", "progress": 0.1})
        jump = {"entityId": "m:99", "progress": 0.1}
        assert app.error("Metrics.mediaProgress", jump)["code"] == TOO_MANY
        assert app.error("Metrics.mediaEnded", {"entityId": "m:98"})["code"] == TOO_MANY
        assert app.result("Metrics.mediaProgress", {"entityId": "m:9", "progress": 0.2})
        assert app.error("Metrics.mediaPause", {"entityId": "m:9"})["code"] == TOO_MANY
    while True:
        with small.line() as manager:  # the last mark is stored when the player goes
            page = manager.result("EdgeAgent.history", {"search": "m:9"})
        if page["viewings"][0]["progressFraction"] == 0.2:
            break
    assert kept(small) == 10


def test_marks_of_one_film_in_a_private_session_are_one_viewing(small: Running) -> None:
    with small.line() as manager, small.websocket() as app:
        manager.result("EdgeAgent.startPrivateSession")
        for number in range(50):
            mark = {"entityId": "m:1", "progress": number / 50}
            assert app.result("Metrics.mediaProgress", mark) is True
    assert kept(small) == 0


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(1, 30), st.integers(-2 * HOUR, 2 * HOUR)),
        max_size=60,
    )
)
def test_never_more_than_the_room_and_what_came_back(
    calls: list[tuple[int, int, int]],
) -> None:
    allowance = Allowance(at_once=40, per_hour=20)
    now = forward = 0
    told: dict[int, int] = {}
    for connection, viewings, later in calls:
        now += later
        forward += max(later, 0)
        try:
            allowance.take(viewings, connection=connection, peer=f"{connection % 2}", now=now)
        except TooManyViewings:
            continue
        told[connection] = told.get(connection, 0) + viewings
        assert sum(told.values()) <= 40 + forward * 20 / HOUR + 1e-6
        assert told[connection] <= 20 + forward * 10 / HOUR + 1e-6
        assert told.get(0, 0) + told.get(2, 0) <= 30 + forward * 15 / HOUR + 1e-6


def test_a_connection_that_has_gone_leaves_nothing_but_what_it_told() -> None:
    allowance = Allowance(at_once=20, per_hour=1)
    for connection in range(2):
        allowance.take(10, connection=connection, peer=f"{connection}", now=0)
        allowance.leave(connection)
    with pytest.raises(TooManyViewings):
        allowance.take(1, connection=3, peer="3", now=0)


def test_who_connects_anew_gets_no_new_room() -> None:
    allowance = Allowance(at_once=20, per_hour=1)
    allowance.take(10, connection=1, peer="loop", now=0)
    allowance.leave(1)
    allowance.take(5, connection=2, peer="loop", now=0)
    allowance.leave(2)
    with pytest.raises(TooManyViewings):
        allowance.take(1, connection=3, peer="loop", now=0)
    allowance.take(5, connection=4, peer="another", now=0)
