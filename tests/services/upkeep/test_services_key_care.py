from __future__ import annotations

from pathlib import Path

import pytest

from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.errors import DiskFull, InputError, KeyProviderError, WrongKey
from edgeagent.services.upkeep.key_management import configured_provider, key_statuses, rotate
from edgeagent.testing.agent_box import AgentBox


class PowerLostError(BaseException):
    """Nothing catches it, as nothing catches a power cut."""


FILE = Config()


def filled(agent_box: AgentBox) -> Path:
    with agent_box.open() as agent:
        agent.grant(Purpose.HISTORY)
        assert agent._home.history.count("main") == 0
    return agent_box.directory


def opens(agent_box: AgentBox) -> bool:
    with agent_box.open() as agent:
        agent._home.ledger.check()
        return agent.gate.holds(Purpose.HISTORY, profile="main") and agent._home.history_opens()


def helper(tmp_path: Path, name: str, digits: str) -> tuple[str, ...]:
    """A program that prints a key."""
    path = tmp_path / name
    path.write_text(f"#!/bin/sh\necho {digits * 32}\n")
    path.chmod(0o700)
    return (str(path),)


def test_rotation_makes_a_new_key_and_destroys_the_old(agent_box: AgentBox) -> None:
    home = filled(agent_box)
    old = (home / "kek").read_bytes()
    assert rotate(home, FILE) == ("ledger", "history")
    assert (home / "kek").read_bytes() != old
    assert not (home / "kek.next").exists()
    assert opens(agent_box)
    (home / "kek").write_bytes(old)
    with pytest.raises(WrongKey, match="cannot be unwrapped"):
        agent_box.open()


STEPS = (
    *("prepare the new key", "wrap the key of ledger", "wrap the key of history"),
    *("destroy the old key", "name the new key"),
)


@pytest.mark.parametrize("cut", STEPS)
@pytest.mark.parametrize("go_on", ["open", "rotate"])
def test_a_rotation_that_is_cut_is_finished(agent_box: AgentBox, cut: str, go_on: str) -> None:
    home = filled(agent_box)
    seen = []

    def step(name: str) -> None:
        seen.append(name)
        if name == cut:
            raise PowerLostError

    with pytest.raises(PowerLostError):
        rotate(home, FILE, step=step)
    assert tuple(seen) == STEPS[: len(seen)]
    if go_on == "rotate":
        assert rotate(home, FILE) == ("ledger", "history")
    assert opens(agent_box)
    assert not (home / "kek.next").exists()


def test_a_home_without_history_is_rotated(agent_box: AgentBox) -> None:
    with agent_box.open() as agent:
        agent.household.require_may_consent("main")
    (agent_box.directory / "history.key").unlink()
    (agent_box.directory / "history.db").unlink()
    assert rotate(agent_box.directory, FILE) == ("ledger",)
    assert agent_box.open()._home.history_opens()


def test_moving_to_a_helper_and_back(agent_box: AgentBox, tmp_path: Path) -> None:
    home = filled(agent_box)
    tee = Config(key_provider="command", key_command=helper(tmp_path, "tee", "ab"))
    agent_box.config = tee
    with pytest.raises(KeyProviderError, match="wrapped by provider 'file'") as caught:
        agent_box.open()
    assert "edgeagent keys rotate" in caught.value.hint

    def step(name: str) -> None:
        if name == "wrap the key of history":
            raise PowerLostError

    with pytest.raises(PowerLostError):
        rotate(home, tee, step=step)
    assert rotate(home, tee) == ("history",)
    assert not (home / "kek").exists()
    assert opens(agent_box)
    assert rotate(home, tee) == ()
    new = Config(key_provider="command", key_command=helper(tmp_path, "new", "cd"))
    assert rotate(home, new, old_config=tee) == ("ledger", "history")
    agent_box.config = new
    assert opens(agent_box)
    agent_box.config = Config()
    back = Config(key_command=new.key_command)
    assert rotate(home, back) == ("ledger", "history")
    assert opens(agent_box)


def test_a_credential_is_read_from_the_environments_directory(
    agent_box: AgentBox, tmp_path: Path
) -> None:
    home = filled(agent_box)
    config = Config(key_provider="credential", key_credential="box")
    with pytest.raises(KeyProviderError, match="not started by systemd"):
        rotate(home, config, environment={})
    (tmp_path / "box").write_bytes(bytes(range(32)))
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert rotate(home, config, environment=environment) == ("ledger", "history")
    provider = configured_provider(home, config, environment=environment)
    assert {key.state for key in key_statuses(home, provider)} == {"opens"}
    assert "TPM2" in key_statuses(home, provider)[0].strength


def test_a_command_that_was_used_so_far_has_to_be_named(
    agent_box: AgentBox, tmp_path: Path
) -> None:
    home = filled(agent_box)
    tee = Config(key_provider="command", key_command=helper(tmp_path, "tee", "ab"))
    rotate(home, tee)
    with pytest.raises(InputError, match="needs its command"):
        rotate(home, FILE)


def test_statuses_say_what_is_wrong(agent_box: AgentBox) -> None:
    home = agent_box.directory
    provider = configured_provider(home, FILE)
    assert {key.state for key in key_statuses(home, provider)} == {"absent"}
    filled(agent_box)
    (home / "history.key").write_bytes(b"{}")
    ledger, history = key_statuses(home, provider)
    assert (ledger.state, ledger.provider, ledger.problem) == ("opens", "file", "")
    assert "a copy of the whole home" in ledger.strength
    assert (history.state, history.provider) == ("fails", None)
    assert history.hint


def test_a_refused_rotation_leaves_no_key_behind(agent_box: AgentBox) -> None:
    home = filled(agent_box)

    def step(name: str) -> None:
        if name == "wrap the key of ledger":
            raise DiskFull("no room", hint="make room")

    before = {path.name: path.read_bytes() for path in home.glob("*k*") if path.is_file()}
    with pytest.raises(DiskFull):
        rotate(home, FILE, step=step)
    (home / "lock").unlink()
    (home / "lock").mkdir()
    with pytest.raises(DiskFull):
        rotate(home, FILE)
    (home / "lock").rmdir()
    (home / "lock").touch()
    after = {path.name: path.read_bytes() for path in home.glob("*k*") if path.is_file()}
    assert after == before
    assert rotate(home, FILE) == ("ledger", "history")


def test_a_rotation_refused_half_way_keeps_the_key_that_holds_something(
    agent_box: AgentBox,
) -> None:
    home = filled(agent_box)

    def step(name: str) -> None:
        if name == "wrap the key of history":
            raise DiskFull("no room", hint="make room")

    with pytest.raises(DiskFull):
        rotate(home, FILE, step=step)
    assert (home / "kek.next").exists()
    assert rotate(home, FILE) == ("ledger", "history")
    assert not (home / "kek.next").exists()
