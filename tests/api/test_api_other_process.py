"""What another process does to the box of a running service: the service follows at once."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edgeagent.agent import Agent
from edgeagent.api.presence import present, served_at, sessions_of
from edgeagent.cli.root import cli
from edgeagent.clock import SystemClock, iso_utc
from edgeagent.consent import Purpose
from edgeagent.errors import ConsentRequired, NetworkError, StorageError
from edgeagent.services.private_viewing.private_session import KeptPrivateSession
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.services.upkeep.box_erasure import erase_box
from edgeagent.services.upkeep.key_management import configured_provider
from tests.api.methods.test_api_firebolt import NOT_PERMITTED, granted, viewings
from tests.api.running import Client, Running


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
        assert other._home.history.count("main") == 1


class _CutError(Exception):
    """The other process dies."""


def test_an_erasure_of_the_box_that_was_cut_off_is_finished_before_anything_is_acknowledged(
    running: Running, app: Client, manager: Client
) -> None:
    box = running.box
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    app.result("Discovery.watched", {"entityId": "f:1"})

    def cut(step: str) -> None:
        if step != "mark":
            raise _CutError

    provider = configured_provider(box.directory, box.config)
    with pytest.raises(_CutError):
        erase_box(box.directory, provider=provider, now=box.clock.now(), step=cut)
    assert app.error("Discovery.watched", {"entityId": "f:2"})["code"] == NOT_PERMITTED
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    app.result("Discovery.watched", {"entityId": "f:3"})
    with box.open() as other:  # as the next start does
        assert [viewing.entity_id for viewing in other._home.history.window("main")] == ["f:3"]


def private(running: Running, elsewhere: Path, *words: str) -> Result:
    """Run a command that has another environment than the service."""
    command = ["--home", str(running.box.directory), "private", *words]
    return CliRunner().invoke(cli, command, env={"XDG_RUNTIME_DIR": str(elsewhere)})


def test_a_private_session_of_the_command_line_is_the_services(
    running: Running, app: Client, manager: Client, tmp_path: Path
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    begun = private(running, tmp_path, "start", "--minutes", "30", "--json")
    ends_at = running.box.clock.now() + 1800
    assert json.loads(begun.output) == {"active": True, "ends_at": ends_at}
    assert manager.result("EdgeAgent.privateSession") == {"on": True, "endsAt": ends_at}
    assert app.result("Discovery.watched", {"entityId": "f:1"}) is True
    assert viewings(manager) == []
    assert "private until" in private(running, tmp_path, "status").output
    assert private(running, tmp_path, "stop").output == "not private\n"
    app.result("Discovery.watched", {"entityId": "f:2"})
    assert [viewing["entityId"] for viewing in viewings(manager)] == ["f:2"]


def test_who_may_not_tell_the_service_is_not_told_that_it_is_private(
    running: Running, tmp_path: Path
) -> None:
    running.managing[0] = False
    refused = private(running, tmp_path, "start")
    assert refused.exit_code == ConsentRequired.exit_code
    assert "private until" not in refused.output


def test_a_service_that_cannot_be_asked_is_an_error(tmp_path: Path) -> None:
    with present(tmp_path, tmp_path / "nobody listens here", sessions=tmp_path):
        result = CliRunner().invoke(cli, ["--home", str(tmp_path), "private", "start"])
    assert result.exit_code == NetworkError.exit_code
    assert "does not answer" in result.output


def test_a_home_says_where_it_is_served_only_while_it_is(tmp_path: Path) -> None:
    assert served_at(tmp_path) is None
    with present(tmp_path, tmp_path / "one", sessions=tmp_path):
        assert served_at(tmp_path) == tmp_path / "one"
        with present(tmp_path, tmp_path / "another", sessions=tmp_path):
            assert served_at(tmp_path) == tmp_path / "one"
        assert served_at(tmp_path) == tmp_path / "one"
    assert served_at(tmp_path) is None
    (tmp_path / "service").write_bytes(b"/left/by/one/that/died")
    assert served_at(tmp_path) is None
    (tmp_path / "service").unlink()
    os.mkfifo(tmp_path / "service")
    assert served_at(tmp_path) is None  # at once
    with present(tmp_path / "missing", tmp_path / "one", sessions=tmp_path):
        assert served_at(tmp_path / "missing") is None


def test_what_the_service_would_not_store_is_not_stored_beside_it(
    running: Running, tmp_path: Path
) -> None:
    """By a command of another environment; also told later, when the service is gone."""
    home, kept = tmp_path / "home", running.box.runtime_directory
    clock = DeviceClock(SystemClock())

    def tell(*words: str) -> str:
        elsewhere = {"XDG_RUNTIME_DIR": str(tmp_path)}
        return CliRunner().invoke(cli, ["--home", str(home), *words], env=elsewhere).output

    tell("consent", "grant", "history")
    assert sessions_of(running.box.directory) == kept
    with present(home, tmp_path / "socket", sessions=kept):
        private = KeptPrivateSession(home, clock=clock, directory=kept)
        private.start(30)
        for _ in range(2):
            assert tell("history", "add", "f:1").startswith("not stored")
            private.stop()
            private.start(30)
        private.stop()
    during = iso_utc(clock.now() - 1)  # a second before it counts as in it, too
    assert tell("history", "add", "f:2", "--at", during).startswith("not stored")
    assert "0 of 0" in tell("history", "list")
    shutil.rmtree(kept)
    assert sessions_of(home) is None
    assert tell("history", "add", "f:3").startswith("stored")


def test_the_state_of_a_directory_that_is_open_to_others_is_said(
    running: Running, app: Client, manager: Client
) -> None:
    manager.result("EdgeAgent.grant", {"purpose": "history"})
    manager.result("EdgeAgent.startPrivateSession")
    manager.result("EdgeAgent.stopPrivateSession")
    (directory,) = running.box.runtime_directory.iterdir()
    directory.chmod(0o755)
    assert "open to others" in manager.error("EdgeAgent.privateSession")["message"]
    status = manager.result("EdgeAgent.status")
    assert status["privateSession"]["on"] is True
    assert "open to others" in status["problems"][0]
    assert app.result("Discovery.watched", {"entityId": "f:1"}) is True
    directory.chmod(0o700)
    assert viewings(manager) == []
    assert manager.result("EdgeAgent.privateSession")["on"] is False
