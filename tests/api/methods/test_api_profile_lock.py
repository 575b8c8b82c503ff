"""The profile lock over the API: every manager meets it, and no way around it."""

from __future__ import annotations

import pytest

from edgeagent.errors import ProfileLocked
from edgeagent.services.household.profile_lock import COUNTDOWN_SECONDS
from tests.api.running import LineClient, Running, ServiceThread

PIN, WRONG = "2580", "0852"
CODE = ProfileLocked.rpc_code


@pytest.fixture
def locked(running: Running) -> Running:
    with running.line() as manager:
        manager.result("EdgeAgent.createProfile", {"name": "leo", "kind": "kid"})
        manager.result("EdgeAgent.setProfileLock", {"newPin": PIN})
    return running


def kind(client: LineClient, method: str, params: dict[str, object]) -> str:
    error = client.error(method, params)
    assert error["code"] == CODE
    name: str = error["data"]["kind"]
    return name


def test_a_firebolt_setter_has_a_code_of_its_own(locked: Running) -> None:
    flag: dict[str, object] = {"value": True}
    with locked.line() as manager, locked.line(manage=False) as app:
        assert kind(manager, "Privacy.setAllowWatchHistory", flag) == "ProfileLocked"
        assert not manager.result("Privacy.allowWatchHistory")
        assert app.error("Privacy.setAllowWatchHistory", flag | {"pin": PIN})["code"] == -40300
        manager.result("Privacy.setAllowWatchHistory", flag | {"pin": PIN})
        assert manager.result("Privacy.allowWatchHistory")
        app.result("Privacy.setAllowWatchHistory", {"value": False})  # which no PIN delays
        assert not manager.result("Privacy.allowWatchHistory")


def test_guessing_ends_after_three_by_any_client(locked: Running, services: ServiceThread) -> None:
    guess: dict[str, object] = {"purpose": "history", "pin": WRONG}
    with locked.line() as one, locked.websocket(f"?token={locked.token}") as another:
        assert kind(one, "EdgeAgent.grant", guess) == "WrongPin"
        assert another.error("EdgeAgent.grant", guess)["data"]["kind"] == "WrongPin"
        assert kind(one, "EdgeAgent.grant", guess) == "WrongPin"
        assert kind(one, "EdgeAgent.grant", guess | {"pin": PIN}) == "TooManyTries"
        state = one.result("EdgeAgent.profileLock")
        assert state == {"on": True, "wrongTries": 3, "waitSeconds": 60}
    services.stop()
    again = services.start(box=locked.box)
    with again.line() as manager:
        assert kind(manager, "EdgeAgent.grant", guess | {"pin": PIN}) == "TooManyTries"
        again.box.clock.stand(60)
        manager.result("EdgeAgent.grant", guess | {"pin": PIN})


def test_a_mistyped_pin_does_not_use_a_confirmation_up(locked: Running) -> None:
    asked: dict[str, object] = {"scope": "profile", "profile": "leo"}
    with locked.line() as manager:
        asked["confirm"] = manager.result("EdgeAgent.erase", asked)["confirm"]
        assert kind(manager, "EdgeAgent.erase", asked) == "ProfileLocked"
        assert kind(manager, "EdgeAgent.erase", asked | {"pin": WRONG}) == "WrongPin"
        manager.result("EdgeAgent.erase", asked | {"pin": PIN})
        assert manager.error("EdgeAgent.erase", asked | {"pin": PIN})["code"] == -32602


def test_everything_goes_without_the_pin_and_takes_it_along(locked: Running) -> None:
    everything: dict[str, object] = {"scope": "all"}
    with locked.line() as manager:
        first = manager.result("EdgeAgent.erase", everything)
        assert first["waitSeconds"] == COUNTDOWN_SECONDS
        everything["confirm"] = first["confirm"]
        assert kind(manager, "EdgeAgent.erase", everything) == "CountingDown"
        locked.box.clock.advance(COUNTDOWN_SECONDS)
        manager.result("EdgeAgent.erase", everything)
        assert not manager.result("EdgeAgent.profileLock")["on"]


def test_no_answer_repeats_what_was_typed(locked: Running) -> None:
    with locked.line() as manager:
        for typed in ("98765x", "9" * 13, ["98765"], 98765):
            error = manager.error("EdgeAgent.grant", {"purpose": "history", "pin": typed})
            assert error["code"] == -32602
            assert "98765" not in str(error)
            assert "9" * 13 not in str(error)
