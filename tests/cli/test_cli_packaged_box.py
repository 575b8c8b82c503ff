"""Which box a command means that names none: the user's own, or that of this machine's service."""

from __future__ import annotations

import configparser
import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from edgeagent.cli import consent, dashboard, doctor, erase, history, keys, private, serve, service
from edgeagent.cli.box_options import BoxOptions
from edgeagent.cli.packaged_box import PACKAGED_HOME, PackagedBox, find_home
from edgeagent.errors import WrongOwner
from edgeagent.install.files import install_directory
from tests.cli.test_cli_owner import NOBODY, as_nobody


@pytest.fixture
def packaged(tmp_path: Path) -> Path:
    directory = tmp_path / "packaged"
    directory.mkdir()
    (directory / "ledger.db").touch()
    return directory


@pytest.fixture
def foreign(packaged: Path) -> Path:
    if os.geteuid() != 0:
        pytest.skip("giving files away needs root")
    for path in (packaged, *packaged.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    return packaged


def test_one_of_our_own_is_preferred(tmp_path: Path, packaged: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "ledger.key").touch()
    assert find_home(own, packaged=packaged) == (own, None)


def test_the_service_s_user_means_the_service_s_box(tmp_path: Path, packaged: Path) -> None:
    assert find_home(tmp_path / "own", packaged=packaged) == (packaged, None)


@pytest.mark.parametrize("name", ["none", "file", "empty"])
def test_where_there_is_no_service_there_is_only_our_own(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    own = tmp_path / "own"
    assert find_home(own, packaged=tmp_path / name) == (own, None)


def test_another_user_is_told_of_it(tmp_path: Path, foreign: Path) -> None:
    own = tmp_path / "own"
    found = PackagedBox(directory=foreign, owner="nobody", asked=own)
    assert find_home(own, packaged=foreign) == (own, found)


def test_one_that_may_not_be_looked_into_counts(tmp_path: Path, packaged: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("giving files away needs root")
    packaged.chmod(0o700)
    for above in (tmp_path, *tmp_path.parents):  # pytest's own directories are closed to others
        if above.stat().st_mode & 0o7777 == 0o700:
            above.chmod(0o755)
    own = Path("/nonexistent")
    with as_nobody():
        found = find_home(own, packaged=packaged)
    assert found == (own, PackagedBox(directory=packaged, owner="root", asked=own))


def test_one_that_cannot_be_reached_does_not_count(packaged: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("giving files away needs root")
    packaged.parent.chmod(0o700)
    own = Path("/nonexistent")
    with as_nobody():
        found = find_home(own, packaged=packaged)
    assert found == (own, None)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (doctor.command, []),
        (doctor.command, ["--repair"]),
        (erase.command, ["--scope", "all", "--yes"]),
        (erase.command, ["--scope", "history", "--yes"]),
        (consent.command, ["withdraw", "history"]),
        (history.command, ["add", "t:1"]),
        (history.command, ["list"]),
        (private.command, ["start"]),
        (keys.command, ["status"]),
        (keys.command, ["rotate"]),
        (serve.command, ["--no-ws"]),
        (dashboard.command, []),
        (service.command, ["endpoint"]),
    ],
    ids=lambda value: value.name if isinstance(value, click.Command) else " ".join(value),
)
def test_no_command_makes_a_second_box_unasked(
    command: click.Command, words: list[str], tmp_path: Path
) -> None:
    own = tmp_path / "own"
    packaged = PackagedBox(directory=PACKAGED_HOME, owner="edgeagent", asked=own)
    box = BoxOptions(home=own, config_file=None, packaged=packaged)
    result = CliRunner().invoke(command, words, obj=box)
    assert isinstance(result.exception, WrongOwner), result.output
    assert "/var/lib/edgeagent and belongs to edgeagent" in str(result.exception)
    assert f"-u edgeagent {'-- ' * (os.geteuid() == 0)}{command.name}" in result.exception.hint
    assert f"--home {own}" in result.exception.hint
    assert not own.exists()


def test_the_unit_keeps_its_box_where_commands_look() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    unit.read(install_directory() / "systemd/edgeagent.service")
    assert Path("/var/lib") / unit["Service"]["StateDirectory"] == PACKAGED_HOME
