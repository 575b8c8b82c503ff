"""A box that root set up in the home of another user: the error names the owner, not a backup."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edgeagent import notices
from edgeagent.agent import Agent
from edgeagent.cli.root import cli
from edgeagent.config import Config
from edgeagent.errors import StorageError, WrongOwner
from edgeagent.store.ownership import foreign_file, require_within_reach, user_name

NOBODY = 65534
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="giving files away needs root")


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--home", str(home), *words])


@contextmanager
def as_nobody() -> Iterator[None]:
    os.setresuid(NOBODY, NOBODY, 0)  # click asks for the real one
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def home() -> Iterator[Path]:
    """Where nobody may go, unlike in the directories of pytest."""
    with as_nobody():
        if not os.access(notices.__file__, os.R_OK, effective_ids=True):
            pytest.skip("another user may not read where this project lies")
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    home = directory / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    yield home
    shutil.rmtree(directory)


@pytest.mark.parametrize(
    "words",
    [
        ["history", "add", "t:1"],
        ["history", "list"],
        ["consent", "withdraw", "history"],
        ["doctor"],
        ["keys", "status"],
        ["keys", "rotate"],
        ["private", "start"],
    ],
)
def test_what_belongs_to_root_is_said_and_can_be_given_away(home: Path, words: list[str]) -> None:
    for loading in (words, ["history", "list"]):  # nobody may not read where modules lie
        run(home.parent / "root", *loading)
    assert run(home, "consent", "grant", "history").exit_code == 0
    with as_nobody():
        result = run(home, *words)
    assert result.exit_code == 5, result.output
    assert "belongs to root" in result.output
    assert f"chown -R {user_name(NOBODY)} {home}" in result.output
    assert "backup" not in result.output
    assert "make room" not in result.output
    for path in (home, *home.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    with as_nobody():
        assert run(home, "history", "list").exit_code == 0


def test_root_is_told_before_it_is_too_late(home: Path) -> None:
    run(home, "consent", "grant", "history")
    said = run(home, "doctor").output
    assert f"belongs to root, its home to {user_name(NOBODY)}" in said


@pytest.mark.parametrize(
    "words", [["history", "list"], ["config", "check"], ["doctor"], ["private", "status"]]
)
def test_a_home_that_nobody_else_may_enter_says_whose_it_is(home: Path, words: list[str]) -> None:
    run(home, *words)  # nobody may not read where modules lie
    os.chown(home, 0, 0)
    home.chmod(0o700)
    with as_nobody():
        for place in (home, home / "below"):
            result = run(place, *words)
            assert result.exit_code == 5, result.output
            assert f"{home} belongs to root" in result.output
            for config in (None, Config()):
                with pytest.raises(WrongOwner, match=f"{home} belongs to root"):
                    Agent.open(place, config=config)


def test_a_home_of_ours_that_cannot_be_entered_is_not_somebody_elses(home: Path) -> None:
    home.chmod(0)
    with as_nobody():
        with pytest.raises(StorageError, match="cannot be entered: Permission denied") as caught:
            require_within_reach(home)
        assert not isinstance(caught.value, WrongOwner)
        require_within_reach(home.parent / "new")
        require_within_reach(home.parent / "new" / "below")


def test_a_file_that_is_ours_or_is_not_there_is_nobody_elses(home: Path) -> None:
    assert foreign_file(home / "kek") is None
    with as_nobody():
        assert foreign_file(home / "no" / "such") is None
        (home / "kek").touch(mode=0)
        assert foreign_file(home / "kek") is None
        assert "belongs to root" in str(foreign_file(home.parent / "kek"))


def test_a_user_without_a_name_is_a_number() -> None:
    assert user_name(4_000_000) == "4000000"


def test_root_cannot_see_whether_somebody_else_watches_privately(home: Path) -> None:
    run(home, "consent", "grant", "history")
    for words in (["history", "add", "t:1"], ["import", "/dev/null"]):
        result = run(home, *words)
        assert result.exit_code == 5, result.output
        assert f"run it as {user_name(NOBODY)}" in result.output


@pytest.mark.parametrize("act", ["start", "stop", "status"])
def test_root_is_told_that_a_private_session_is_not_his_to_begin(home: Path, act: str) -> None:
    result = run(home, "private", act)
    assert result.exit_code == 5, result.output
    assert f"belongs to {user_name(NOBODY)}" in result.output
    assert f"run it as {user_name(NOBODY)}" in result.output
    assert list(home.iterdir()) == []
