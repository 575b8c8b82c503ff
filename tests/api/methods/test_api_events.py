"""Every subscriber receives every change, with its profile, however the change was made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from edgeagent.clock import DAY_SECONDS
from tests.api.running import Client, Running, let_report_wait


class Listening:
    """A manager who listens to everything of the household."""

    def __init__(self, client: Client) -> None:
        self._client = client
        for name in ("History", "Profiles", "Disclosures"):
            client.ask(f"EdgeAgent.on{name}Changed", {"listen": True})

    def heard(self) -> list[Any]:
        """Return what came since the last time: whose history, the names of all profiles, reports.

        Of reports nothing is said but that something has changed.
        """
        self._client.send(b'{"jsonrpc": "2.0", "id": "now", "method": "EdgeAgent.status"}')
        found: list[Any] = []
        while "method" in (told := self._client.receive()):
            value = told["params"]["value"]
            if value is None:
                found.append("reports")
                continue
            is_history = isinstance(value, dict)
            found.append(value["profile"] if is_history else [one["name"] for one in value])
        return found


@pytest.fixture
def manager(running: Running) -> Iterator[Client]:
    with running.line() as client:
        client.result("EdgeAgent.createProfile", {"name": "Ada"})
        for profile in ("main", "Ada"):
            for purpose in ("history", "personalization"):
                client.result("EdgeAgent.grant", {"purpose": purpose, "profile": profile})
        yield client


@pytest.fixture
def listening(running: Running, manager: Client) -> Iterator[Listening]:
    manager.result("EdgeAgent.status")  # the profiles are there
    with running.websocket(f"?token={running.token}&RPCv2=true") as client:
        yield Listening(client)


def erase(manager: Client, **params: str) -> None:
    confirm = manager.result("EdgeAgent.erase", params)["confirm"]
    manager.result("EdgeAgent.erase", params | {"confirm": confirm})


def test_erasing_a_profile_is_told_as_its_history_and_as_a_change_of_profiles(
    manager: Client, listening: Listening
) -> None:
    erase(manager, scope="profile", profile="Ada")
    assert listening.heard() == ["Ada", ["main"]]


def test_erasing_history_names_whose(manager: Client, listening: Listening) -> None:
    erase(manager, scope="history", profile="Ada")
    assert listening.heard() == ["Ada"]
    erase(manager, scope="history")
    assert sorted(listening.heard()) == ["Ada", "main"]


def test_erasing_everything_is_told_of_the_box_that_begins(
    manager: Client, listening: Listening
) -> None:
    erase(manager, scope="all")
    assert listening.heard() == ["main", ["main"]]


def test_a_switch_that_is_set_to_false_takes_the_history(
    manager: Client, listening: Listening
) -> None:
    manager.result("Privacy.setAllowWatchHistory", {"value": False})
    assert listening.heard() == ["main"]
    manager.result("Privacy.setAllowProductAnalytics", {"value": False})
    assert listening.heard() == []


def test_retention_is_told_for_every_profile(
    running: Running, manager: Client, listening: Listening
) -> None:
    manager.result("Discovery.watched", {"entityId": "f:1"})
    assert listening.heard() == ["main"]
    running.box.clock.advance(20 * DAY_SECONDS)
    manager.result("EdgeAgent.setRetention", {"days": 10})
    assert sorted(listening.heard()) == ["Ada", "main"]


def test_a_report_that_a_deletion_calls_off_is_told_of_once(
    running: Running, manager: Client, listening: Listening
) -> None:
    let_report_wait(running.box)
    manager.result("EdgeAgent.forget", {"entityId": "f:never"})
    assert sorted(listening.heard()) == ["main", "reports"]
    manager.result("EdgeAgent.forget", {"entityId": "f:never"})
    assert listening.heard() == ["main"]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("withdraw", {"purpose": "reporting"}),
        ("setRetention", {"days": 30}),
    ],
)
def test_so_is_one_that_a_withdrawal_or_a_shorter_time_calls_off(
    running: Running, manager: Client, listening: Listening, method: str, params: dict[str, object]
) -> None:
    let_report_wait(running.box)
    manager.result(f"EdgeAgent.{method}", params)
    assert "reports" in listening.heard()
