"""Firebolt as apps use it: viewings, flags, events, and what the household then sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from edgeagent.clock import DAY_SECONDS
from edgeagent.services.household.privacy_flags import AD_FLAGS, FLAGS
from tests.api.running import Client, Running

NOT_PERMITTED = -40300


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


def granted(manager: Client) -> set[str]:
    purposes = manager.result("EdgeAgent.consent")["purposes"]
    return {purpose["purpose"] for purpose in purposes if purpose["granted"]}


def setter(flag: str) -> str:
    return f"Privacy.set{flag[0].upper()}{flag[1:]}"


def test_without_consent_nothing_is_taken(app: Client, manager: Client) -> None:
    assert app.error("Discovery.watched", {"entityId": "f:1"})["code"] == NOT_PERMITTED
    assert app.result("Discovery.watchedV2", {"entityId": "f:1"}) is False
    assert app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": 0.1}) is False
    assert app.result("Discovery.policy") == {
        "enableRecommendations": False,
        "shareWatchHistory": False,
        "rememberWatchedPrograms": False,
    }
    assert app.result("Advertising.policy")["limitAdTracking"] is True
    assert viewings(manager) == []


def test_watched_takes_one_viewing_or_a_list(app: Client, manager: Client) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    one = {"entityId": "f:1", "progress": 0.25, "watchedOn": "2026-01-11T20:00:00.511Z"}
    assert app.result("Discovery.watched", one) is True
    listed = [{"entityId": "f:2", "progress": 90}, {"entityId": "f:3", "completed": True}]
    assert app.result("Discovery.watched", listed) is True
    kept = {item["entityId"]: item for item in viewings(manager)}
    assert kept["f:1"]["progressFraction"] == 0.25
    assert kept["f:1"]["watchedOn"] == 1768161600
    assert kept["f:2"]["progressSeconds"] == 90
    assert kept["f:3"]["completed"] is True


def test_a_list_is_stored_together_or_not_at_all(app: Client, manager: Client) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    app.error("Discovery.watched", [{"entityId": "f:1"}, {"entityId": "f:2", "watchedOn": "soon"}])
    assert viewings(manager) == []


@pytest.mark.parametrize("policy", ["app:child", "app:teen", "distributor:under-12"])
def test_children_and_audiences_nobody_knows_are_never_kept(
    app: Client, manager: Client, policy: str
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    film = {"entityId": "f:1", "agePolicy": policy}
    assert app.result("Discovery.watched", film) is True
    assert app.result("Metrics.mediaProgress", film | {"progress": 0.5}) is True
    assert viewings(manager) == []


def test_the_future_is_now(running: Running, app: Client, manager: Client) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    app.result("Discovery.watched", {"entityId": "f:1", "watchedOn": "2199-01-01T00:00:00Z"})
    assert viewings(manager)[0]["watchedOn"] == running.box.clock.now()


def test_an_hour_of_progress_is_one_viewing_and_few_writes(
    running: Running, app: Client, manager: Client
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    began, log = running.box.clock.now(), running.box.directory / "history.db-wal"
    app.result("Metrics.mediaPlaying", {"entityId": "f:1"})
    grown = 0
    for minute in range(1, 61):
        running.box.clock.advance(60)
        size = log.stat().st_size
        assert app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": minute / 61})
        grown += log.stat().st_size != size
    app.result("Metrics.mediaEnded", {"entityId": "f:1"})
    (viewing,) = viewings(manager)
    assert viewing["watchedOn"] == began
    assert viewing["progressFraction"] == pytest.approx(60 / 61)
    assert viewing["completed"] is True
    assert grown <= 7  # the first mark, then every ten minutes


def test_the_first_progress_is_on_disk_when_it_is_acknowledged(
    running: Running, app: Client, manager: Client
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": 30})
    with running.box.open() as another:
        assert another._home.history.count("main") == 1


@pytest.mark.parametrize("ending", ["pause", "another title", "gone"])
def test_progress_is_stored_when_playback_rests(
    running: Running, manager: Client, ending: str
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    app = running.websocket()
    for progress in (0.1, 0.4, 0.2):
        app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": progress})
    if ending == "pause":
        app.result("Metrics.mediaPause", {"entityId": "f:1"})
    elif ending == "another title":
        app.result("Metrics.mediaPlaying", {"entityId": "f:2"})
    app.close()
    while viewings(manager)[0]["progressFraction"] != 0.4:
        pass  # the service notices in its own time that a client has gone
    assert len(viewings(manager)) == 1


def test_a_film_told_in_both_ways_is_one_viewing(
    running: Running, app: Client, manager: Client
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": 0.1})
    running.box.clock.advance(3600)
    app.result("Discovery.watched", {"entityId": "f:1", "progress": 0.9, "completed": True})
    (viewing,) = viewings(manager)
    assert viewing["progressFraction"] == 0.9


def test_what_was_forgotten_does_not_come_back_with_the_next_mark(
    app: Client, manager: Client
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": 0.1})
    app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": 0.2})
    assert manager.result("EdgeAgent.forget", {"entityId": "f:1"}) == {"deleted": 1}
    app.result("Metrics.mediaPause", {"entityId": "f:1"})
    assert viewings(manager) == []


def test_a_private_session_is_not_told_to_apps_and_leaves_nothing(
    running: Running, app: Client, manager: Client
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    app.result("Metrics.mediaPlaying", {"entityId": "f:1"})
    policy = app.result("Discovery.policy")
    manager.result("EdgeAgent.startPrivateSession", {"minutes": 10})
    assert app.result("Discovery.policy") == policy
    assert app.result("Discovery.watched", {"entityId": "f:2"}) is True
    assert app.result("Discovery.watchedV2", {"entityId": "f:2"}) is True
    assert app.result("Metrics.mediaPlaying", {"entityId": "f:3"}) is True
    assert app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": 0.5}) is True
    assert app.result("Metrics.mediaEnded", {"entityId": "f:1"}) is True
    running.box.clock.advance(601)
    app.result("Metrics.mediaPause", {"entityId": "f:1"})
    assert viewings(manager) == []


def test_unknown_titles_are_kept_and_count_once_the_catalogue_knows_them(
    running: Running, app: Client, manager: Client
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    app.result("Discovery.watched", {"entityId": "t:01"})
    assert viewings(manager)[0]["known"] is False
    manager.result("EdgeAgent.updateModel")
    assert viewings(manager)[0]["title"] == "Title t:01"
    running.box.clock.advance(DAY_SECONDS)
    app.result("Discovery.watched", {"entityId": "ahead:1"})
    assert [item["known"] for item in viewings(manager)] == [False, True]


def test_flags_are_the_purposes(manager: Client) -> None:
    assert manager.result("Privacy.settings") == dict.fromkeys(FLAGS, False)
    for flag, purpose in (
        ("allowWatchHistory", "history"),
        ("allowPersonalization", "personalization"),
        ("allowProductAnalytics", "reporting"),
    ):
        manager.result(setter(flag), {"value": True})
        assert purpose in granted(manager)
        manager.result("EdgeAgent.withdraw", {"purpose": purpose})
        assert manager.result(f"Privacy.{flag}") is False


def test_promotion_needs_all_three_flags_and_loses_them_together(manager: Client) -> None:
    for flag in AD_FLAGS[:-1]:
        manager.result(setter(flag), {"value": True})
        assert granted(manager) == set()
    manager.result(setter(AD_FLAGS[-1]), {"value": True})
    assert granted(manager) == {"promotion"}
    assert manager.result("Advertising.policy")["limitAdTracking"] is False
    manager.result(setter(AD_FLAGS[0]), {"value": False})
    assert granted(manager) == set()
    assert [manager.result(f"Privacy.{flag}") for flag in AD_FLAGS] == [False, True, True]
    manager.result("EdgeAgent.grant", {"purpose": "promotion"})
    manager.result("EdgeAgent.withdraw", {"purpose": "promotion"})
    assert not any(manager.result(f"Privacy.{flag}") for flag in AD_FLAGS)


def test_other_flags_are_remembered_for_each_profile(manager: Client) -> None:
    manager.result(setter("allowACRCollection"), {"value": True})
    manager.result("EdgeAgent.createProfile", {"name": "Ada"})
    manager.result("EdgeAgent.switchProfile", {"name": "Ada"})
    assert manager.result("Privacy.allowACRCollection") is False
    manager.result("EdgeAgent.switchProfile", {"name": "main"})
    assert manager.result("Privacy.allowACRCollection") is True


def test_an_app_that_narrows_is_on_record_as_a_signal(app: Client, manager: Client) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    app.result("Privacy.setAllowWatchHistory", {"value": False})
    records = manager.result("EdgeAgent.consentReceipt")["records"]
    assert [record["entityId"] for record in records] == ["user", "signal"]


@pytest.mark.parametrize("query", ["", "?RPCv2=true"])
def test_listeners_are_told_in_their_own_way(running: Running, manager: Client, query: str) -> None:
    with running.websocket(query) as app:
        event = "Privacy.onAllowWatchHistoryChanged"
        answer = app.ask("privacy.onAllowWatchHistoryChanged", {"listen": True})
        manager.result("Privacy.setAllowWatchHistory", {"value": True})
        told = app.receive()
        if query:
            assert answer["result"] is None
            assert told == {"jsonrpc": "2.0", "method": event, "params": {"value": True}}
        else:
            assert answer["result"] == {"event": event, "listening": True}
            assert told == {"jsonrpc": "2.0", "id": answer["id"], "result": True}
        manager.result("Privacy.setAllowWatchHistory", {"value": True})
        app.receive()  # setters always tell
        app.ask("privacy.onAllowWatchHistoryChanged", {"listen": False})
        manager.result("Privacy.setAllowWatchHistory", {"value": False})
        assert app.ask("Discovery.policy")["result"]["shareWatchHistory"] is False


def test_listeners_hear_of_changes_made_in_other_ways(running: Running, manager: Client) -> None:
    with running.websocket() as app:
        app.result("Discovery.onPolicyChanged", {"listen": True})
        manager.result("EdgeAgent.grant", {"purpose": "personalization"})
        assert app.receive()["result"]["enableRecommendations"] is True
        manager.result("EdgeAgent.createProfile", {"name": "Ada"})
        manager.result("EdgeAgent.switchProfile", {"name": "Ada"})
        assert app.receive()["result"]["enableRecommendations"] is False


def test_progress_of_a_private_session_does_not_reach_a_viewing_from_before(
    app: Client, manager: Client
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": 0.1})
    manager.result("EdgeAgent.startPrivateSession", {"minutes": 10})
    app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": 0.9})
    manager.result("EdgeAgent.stopPrivateSession")
    app.result("Metrics.mediaPause", {"entityId": "f:1"})
    assert [viewing["progressFraction"] for viewing in viewings(manager)] == [0.1]


def test_a_film_that_plays_on_after_a_private_session_begins_anew(
    running: Running, app: Client, manager: Client
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": 0.1})
    app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": 0.2})
    manager.result("EdgeAgent.startPrivateSession", {"minutes": 10})
    assert viewings(manager)[0]["progressFraction"] == 0.2
    running.box.clock.advance(300)
    manager.result("EdgeAgent.stopPrivateSession")
    app.result("Metrics.mediaProgress", {"entityId": "f:1", "progress": 0.9})
    later, before = viewings(manager)
    assert (later["progressFraction"], before["progressFraction"]) == (0.9, 0.2)
    assert later["watchedOn"] == before["watchedOn"] + 300


def test_a_private_session_that_an_app_never_saw_ends_its_playback(
    running: Running, app: Client, manager: Client
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    manager.result("EdgeAgent.startPrivateSession", {"minutes": 10})
    app.result("Metrics.mediaPlaying", {"entityId": "f:1"})
    running.box.clock.advance(601)
    app.result("Discovery.watched", {"entityId": "f:1"})
    assert viewings(manager)[0]["watchedOn"] == running.box.clock.now()


def test_without_consent_a_private_session_answers_as_ever(app: Client, manager: Client) -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        ("Discovery.watched", {"entityId": "f:1"}),
        ("Discovery.watchedV2", {"entityId": "f:1"}),
        ("Metrics.mediaPlaying", {"entityId": "f:1"}),
        ("Metrics.mediaProgress", {"entityId": "f:1", "progress": 0.1}),
        ("Metrics.mediaPause", {"entityId": "f:1"}),
        ("Metrics.mediaEnded", {"entityId": "f:1"}),
    ]

    def answers() -> list[object]:
        given = [app.ask(method, params) for method, params in asked]
        return [answer.get("result", answer.get("error")) for answer in given]

    before = answers()
    manager.result("EdgeAgent.startPrivateSession", {"minutes": 10})
    assert answers() == before


def test_history_listeners_are_told_of_what_was_stored_and_of_nothing_else(
    running: Running, app: Client, manager: Client
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    with running.websocket(f"?token={running.token}&RPCv2=true") as listener:
        listener.ask("EdgeAgent.onHistoryChanged", {"listen": True})

        def told() -> list[str]:
            manager.result("EdgeAgent.status")
            listener.send(b'{"jsonrpc": "2.0", "id": 0, "method": "Discovery.policy"}')
            profiles = []
            while "method" in (heard := listener.receive()):
                profiles.append(heard["params"]["value"]["profile"])
            return profiles

        progress = {"entityId": "f:1", "progress": 0.1}
        app.result("Metrics.mediaProgress", progress)
        assert told() == ["main"]
        app.result("Metrics.mediaProgress", progress | {"progress": 0.2})  # waits in memory
        assert told() == []
        app.result("Metrics.mediaPause", {"entityId": "f:1"})
        assert told() == ["main"]
        app.result("Metrics.mediaProgress", progress | {"progress": 0.3})
        manager.result("EdgeAgent.createProfile", {"name": "Ada"})
        manager.result("EdgeAgent.switchProfile", {"name": "Ada"})
        app.result("Metrics.mediaPlaying", {"entityId": "f:2"})  # main's viewing is stored
        assert told() == ["main"]
        manager.result("EdgeAgent.switchProfile", {"name": "main"})
        app.result("Metrics.mediaEnded", {"entityId": "f:3", "agePolicy": "app:child"})
        assert told() == []
        manager.result("EdgeAgent.startPrivateSession", {"minutes": 10})
        app.result("Metrics.mediaEnded", {"entityId": "f:4"})
        assert told() == []
