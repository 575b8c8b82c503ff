"""What settings name has to be there: said before it is needed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgeagent.config import Config, ServiceConfig
from edgeagent.errors import InputError
from edgeagent.network.repository import require_root
from edgeagent.services.from_settings import read_trusted_root
from edgeagent.services.upkeep.managers import manager_groups, manager_users
from edgeagent.services.upkeep.settings_check import settings_faults
from tests.publishing import Publisher


def faults(config: Config) -> list[str]:
    found = settings_faults(config)
    assert all(fault.hint for fault in found)
    return [str(fault) for fault in found]


def test_the_defaults_name_nothing_that_is_missing() -> None:
    assert faults(Config()) == []


def test_what_is_there_is_no_fault(publisher: Publisher, tmp_path: Path) -> None:
    config = Config(
        server_url="https://models.example",
        trusted_root=str(publisher.repository / "root.json"),
        key_provider="command",
        key_command=("true",),
        key_erase_command=("/bin/sh", "-c", "true"),
        service=ServiceConfig(
            manage_users=("root", "1234"),
            manage_groups=("root", "99999"),
            standby_file=str(tmp_path / "standby"),
        ),
    )
    assert faults(config) == []


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (Config(language="xx"), "'xx'"),
        (Config(service=ServiceConfig(manage_users=("no such one",))), "manage_users"),
        (Config(service=ServiceConfig(manage_users=("²",))), "manage_users"),
        (Config(service=ServiceConfig(manage_groups=("no such one",))), "manage_groups"),
        (Config(service=ServiceConfig(standby_file="/no/such/file")), "standby_file"),
        (Config(service=ServiceConfig(metered_file=f"/{'x' * 300}/file")), "metered_file"),
        (Config(key_provider="command", key_command=("/no/such",)), "key_command"),
        (
            Config(key_provider="command", key_command=("true",), key_erase_command=("/no/such",)),
            "key_erase_command",
        ),
        (Config(server_url="https://models.example"), "trusted_root"),
        (Config(trusted_root="/no/such"), "trusted_root"),
        (Config(trusted_root="/dev/zero"), "not a regular file"),
        (Config(trusted_root="/"), "trusted_root"),
    ],
)
def test_what_is_missing_is_named_with_its_setting(config: Config, said: str) -> None:
    (only,) = faults(config)
    assert said in only


def test_a_pipe_keeps_nobody_waiting_for_the_root(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "root.json")
    with pytest.raises(InputError, match="not a regular file"):
        read_trusted_root(Config(trusted_root=str(tmp_path / "root.json")))


def test_a_root_has_an_end(tmp_path: Path) -> None:
    (tmp_path / "root.json").write_bytes(bytes(600_000))
    with pytest.raises(InputError, match="more than 512000 bytes"):
        read_trusted_root(Config(trusted_root=str(tmp_path / "root.json")))


@pytest.mark.parametrize("name", ["timestamp.json", "root.json"])
def test_a_root_is_root_metadata_that_signs_itself(publisher: Publisher, name: str) -> None:
    data = next(publisher.repository.glob(f"**/{name}")).read_bytes()
    if name == "root.json":
        require_root(data)
        data = data.replace(b'"version": 1', b'"version": 2').replace(
            b'"version":1', b'"version":2'
        )
    with pytest.raises(InputError, match="trusted_root"):
        require_root(data)


@pytest.mark.parametrize("number", ["4294967295", "9" * 20, "9" * 5000])
def test_a_number_that_no_user_has_is_refused(number: str) -> None:
    with pytest.raises(InputError, match="manage_users: no user has number"):
        manager_users(ServiceConfig(manage_users=(number,)))
    with pytest.raises(InputError, match="manage_groups: no group has number"):
        manager_groups(ServiceConfig(manage_groups=(number,)))
    assert manager_users(ServiceConfig(manage_users=("4294967294",))) == {4294967294}
