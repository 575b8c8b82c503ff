"""An app in a loop gets an error and fills nothing, and the viewings of others are stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeagent.api.rate_limit import MOST_PEERS, RateLimiter
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
    with small.websocket() as again:
        assert again.error("Discovery.watched", films(60, 1)[0])["code"] == TOO_MANY


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


def test_what_playback_costs_tells_nothing_of_a_private_session_or_a_deletion(
    services: ServiceThread,
) -> None:
    def answers(name: str, *, changes: bool) -> list[bool]:
        limits = ServiceConfig(viewings_at_once=20, viewings_per_hour=1)
        running = services.start(name=name, config=Config(service=limits))
        with running.line() as manager, running.websocket() as app:
            manager.result("EdgeAgent.grant", {"purpose": "history"})
            given = []
            for number in range(60):
                if changes and number % 5 == 2:
                    began = manager.result("EdgeAgent.privateSession")["on"]
                    manager.result(f"EdgeAgent.{'stop' if began else 'start'}PrivateSession")
                if changes and number == 23:
                    manager.result("EdgeAgent.forget", {"entityId": "m:1"})
                film = {"entityId": f"m:{number // 6}"}
                mark = film | {"progress": number / 100}
                given.append("result" in app.ask("Metrics.mediaProgress", mark))
                if number % 4 == 0:
                    given.append("result" in app.ask("Metrics.mediaPause", film))
            return given

    undisturbed = answers("undisturbed", changes=False)
    assert {True, False} == set(undisturbed)
    assert answers("disturbed", changes=True) == undisturbed


def test_marks_of_one_film_in_a_private_session_are_one_viewing(small: Running) -> None:
    with small.line() as manager, small.websocket() as app:
        manager.result("EdgeAgent.startPrivateSession")
        for number in range(50):
            mark = {"entityId": "m:1", "progress": number / 50}
            assert app.result("Metrics.mediaProgress", mark) is True
    assert kept(small) == 0


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 30), st.integers(-2 * HOUR, 2 * HOUR)),
        max_size=60,
    )
)
def test_never_more_than_the_room_and_what_came_back(
    calls: list[tuple[int, int, int]],
) -> None:
    rate_limiter = RateLimiter(at_once=40, per_hour=20)
    now = forward = 0
    told: dict[int, int] = {}
    for connection, viewings, later in calls:
        now += later
        forward += max(later, 0)
        try:
            rate_limiter.take(viewings, connection=connection, peer=f"{connection % 2}", now=now)
        except TooManyViewings:
            continue
        told[connection] = told.get(connection, 0) + viewings
        assert told[connection] <= 20 + forward * 10 / HOUR + 1e-6
        assert told.get(0, 0) + told.get(2, 0) <= 40 + forward * 20 / HOUR + 1e-6


@given(
    st.lists(
        st.tuples(st.sampled_from(["one", "other"]), st.integers(1, 12), st.integers(0, HOUR)),
        max_size=60,
    )
)
def test_no_peer_can_count_what_another_tells(calls: list[tuple[str, int, int]]) -> None:
    def answers(*, with_the_other: bool) -> list[bool]:
        rate_limiter, now, given = RateLimiter(at_once=40, per_hour=20), 0, []
        for peer, viewings, later in calls:
            now += later
            if peer == "other" and not with_the_other:
                continue
            try:
                rate_limiter.take(viewings, connection=len(peer), peer=peer, now=now)
                taken = True
            except TooManyViewings:
                taken = False
            if peer == "one":
                given.append(taken)
        return given

    assert answers(with_the_other=True) == answers(with_the_other=False)


def test_more_peers_than_there_is_room_for_share_what_is_left() -> None:
    rate_limiter = RateLimiter(at_once=2, per_hour=1)
    for number in range(MOST_PEERS + 2):
        rate_limiter.take(1, connection=number, peer=f"{number}", now=0)
    late = MOST_PEERS + 3
    with pytest.raises(TooManyViewings):
        rate_limiter.take(1, connection=late, peer=f"{late}", now=0)
    rate_limiter.take(1, connection=late + 1, peer="0", now=0)
    rate_limiter.take(1, connection=late + 2, peer="late again", now=3 * HOUR)  # all are full again
    rate_limiter.take(1, connection=late + 3, peer="0", now=3 * HOUR)


def test_who_connects_anew_gets_no_new_room() -> None:
    rate_limiter = RateLimiter(at_once=20, per_hour=1)
    for connection in (1, 2):
        rate_limiter.take(10, connection=connection, peer="loop", now=0)
        assert connection in rate_limiter
        rate_limiter.leave(connection)
        assert connection not in rate_limiter
    with pytest.raises(TooManyViewings):
        rate_limiter.take(1, connection=3, peer="loop", now=0)
    rate_limiter.take(5, connection=4, peer="another", now=0)
