"""What each app told: counted by user, by label, or together; nothing of a private session."""

from __future__ import annotations

import os

import pytest
from websockets.exceptions import InvalidStatus

from tests.api.running import Running

FILM, OTHER = {"entityId": "f:1"}, {"entityId": "f:2"}


@pytest.fixture
def granted(running: Running) -> Running:
    with running.line() as manager:
        manager.result("EdgeAgent.grant", {"purpose": "history"})
    return running


def told(running: Running) -> dict[tuple[str, str | None], int]:
    with running.line() as manager:
        apps = manager.result("EdgeAgent.apps")
    return {(app["kind"], app["name"]): app["viewings"] for app in apps}


def user(running: Running) -> str:
    del running
    import pwd  # noqa: PLC0415  (only here)

    return pwd.getpwuid(os.getuid()).pw_name


def test_apps_are_told_apart_as_well_as_the_way_they_come_allows(granted: Running) -> None:
    with (
        granted.line(manage=False) as on_socket,
        granted.websocket() as any_app,
        granted.websocket("?label=Nova%20TV") as labelled,
    ):
        on_socket.result("Discovery.watched", FILM)
        any_app.result("Discovery.watched", OTHER)
        labelled.result("Discovery.watched", [{"entityId": f"g:{n}"} for n in range(3)])
        labelled.result("Metrics.mediaProgress", {"entityId": "h:1", "progress": 0.5})
    with granted.box.open() as agent:
        assert agent.history.count("main") == 6
    assert told(granted) == {
        ("user", user(granted)): 1,
        ("websocket", None): 1,
        ("label", "Nova TV"): 4,
    }


def test_of_a_private_session_nothing_is_counted(granted: Running) -> None:
    with granted.line() as manager, granted.websocket("?label=x") as app:
        manager.result("EdgeAgent.startPrivateSession")
        app.result("Discovery.watched", FILM)
        app.result("Metrics.mediaEnded", OTHER)
        manager.result("EdgeAgent.stopPrivateSession")
    assert told(granted) == {}


def test_it_goes_with_the_viewings_it_is_counted_from(granted: Running) -> None:
    with granted.line() as manager, granted.websocket("?label=x") as app:
        app.result("Discovery.watched", FILM)
        app.result("Discovery.watched", OTHER)
        manager.result("EdgeAgent.forget", FILM)
        assert told(granted) == {("label", "x"): 1}
        manager.result("EdgeAgent.withdraw", {"purpose": "history"})
        assert told(granted) == {}


def test_the_first_who_told_of_a_viewing_stays(granted: Running) -> None:
    viewing = FILM | {"watchedOn": "2026-01-12T00:00:00Z"}
    with granted.websocket("?label=first") as one, granted.websocket("?label=second") as two:
        one.result("Discovery.watched", viewing)
        two.result("Discovery.watched", viewing | {"progress": 0.9})
    assert told(granted) == {("label", "first"): 1}


def test_the_export_has_it_and_an_import_keeps_it(granted: Running) -> None:
    with granted.websocket("?label=Nova") as app:
        app.result("Discovery.watched", FILM)
    with granted.box.open() as agent:
        exported = agent.portability.export()
        assert [viewing.app for viewing in exported.profiles[0].viewings] == ["label:Nova"]
        agent.title_marks.forget("f:1", profile="main")
        assert agent.history.told("main") == ()
        agent.portability.import_(exported)
    assert told(granted) == {("label", "Nova"): 1}


@pytest.mark.parametrize("label", ["", "x" * 33, "a%0Ab", "%00"])
def test_a_label_that_is_none_is_refused(running: Running, label: str) -> None:
    with pytest.raises(InvalidStatus) as caught, running.websocket(f"?label={label}"):
        pass
    assert caught.value.response.status_code == 400
