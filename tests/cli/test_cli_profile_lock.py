"""The profile lock on the command line: a PIN is read, never given as an argument."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from edgeagent.cli.root import cli
from edgeagent.errors import DiskFull, ProfileLocked
from tests.cli.command_tree import commands_of

PIN = "258046"


def run(home: Path, *line: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, ["--home", str(home), *line], input=typed)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert run(tmp_path / "box", "profile", "create", "anna").exit_code == 0
    assert run(tmp_path / "box", "profile", "lock", "--set", typed=PIN).exit_code == 0
    return tmp_path / "box"


def test_the_pin_is_read_where_it_is_asked_for_and_shown_nowhere(home: Path) -> None:
    refused = run(home, "profile", "switch", "anna")
    assert refused.exit_code == 3
    assert "asks for its PIN" in refused.output
    wrong = run(home, "consent", "grant", "history", "--yes", typed="000000\n")
    assert wrong.exit_code == ProfileLocked.exit_code
    right = run(home, "consent", "grant", "history", "promotion", "--yes", typed=f"{PIN}\n")
    assert right.exit_code == 0
    assert not {"000000", PIN} & set((refused.output + wrong.output + right.output).split())
    assert run(home, "profile", "remove", "anna", "--yes", typed=PIN).exit_code == 0


def test_withdrawing_reads_nothing(home: Path) -> None:
    assert run(home, "consent", "grant", "history", "--yes", typed=PIN).exit_code == 0
    assert run(home, "consent", "withdraw", "history").exit_code == 0


def test_the_lock_is_shown_changed_and_removed(home: Path) -> None:
    assert run(home, "profile", "lock", "--remove", typed="0000").exit_code == 12
    shown = run(home, "profile", "lock", "--json")
    assert json.loads(shown.output) == {"on": True, "wrong_tries": 1, "wait_seconds": 0}
    assert "1 wrong PIN since" in run(home, "profile", "lock").output
    assert run(home, "profile", "lock", "--set", typed=f"{PIN}\n4711\n").exit_code == 0
    assert run(home, "profile", "lock", "--remove", typed="4711").exit_code == 0
    assert "no profile lock" in run(home, "profile", "lock").output
    assert run(home, "profile", "lock", "--set", "--remove").exit_code == 2


def typed_unseen(home: Path, *answers: str) -> str:
    """Set a PIN at a terminal, each answer after its question; return what was asked and said."""
    keyboard, terminal = os.openpty()
    line = (sys.executable, "-m", "edgeagent", "--home", str(home), "profile", "lock", "--set")
    with subprocess.Popen(
        line,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as command:
        os.close(terminal)
        assert command.stdout is not None
        said = b""
        for answer in answers:
            question = said
            while not (said.endswith(b": ") and len(said) > len(question)):
                read = os.read(command.stdout.fileno(), 4096)
                assert read, said.decode()
                said += read
            os.write(keyboard, f"{answer}\n".encode())
        said += command.stdout.read()
    os.close(keyboard)
    return said.decode()


def test_at_a_terminal_a_new_pin_is_asked_for_twice(tmp_path: Path) -> None:
    said = typed_unseen(tmp_path / "box", PIN, "258047", PIN, PIN)
    assert said.count("The same PIN once more: ") == 2
    assert "do not match" in said
    assert "the profile lock is on" in said
    assert PIN not in said
    assert run(tmp_path / "box", "profile", "lock", "--remove", typed=PIN).exit_code == 0


def test_the_list_names_a_limit(home: Path) -> None:
    assert "age limit" not in run(home, "profile", "list").output
    run(home, "profile", "age-limit", "anna", "--years", "12", typed=PIN)
    listed = run(home, "profile", "list").output.splitlines()
    assert [line.endswith("  age limit 12") for line in listed] == [False, True]


def test_everything_is_erased_after_a_minute_only(home: Path) -> None:
    for words in (["--yes"], ["--yes"], []):
        refused = run(home, "erase", "--scope", "all", *words)
        assert refused.exit_code == ProfileLocked.exit_code
        assert "can be erased in" in refused.output
        assert "for good?" not in refused.output  # nobody is asked about what does not work yet
    assert (home / "ledger.db").exists()


def test_a_box_that_does_not_open_is_erased_at_once(home: Path) -> None:
    (home / "ledger.key").write_text("no key")
    assert run(home, "erase", "--scope", "all", "--yes").exit_code == 0
    assert not (home / "ledger.db").exists()


def test_a_disk_that_is_full_is_no_way_around_the_minute(home: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        refused = run(home, "erase", "--scope", "all", "--yes")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refused.exit_code == DiskFull.exit_code
    assert f"{home / 'ledger.db'}: cannot be written" in refused.output
    assert "free space" in refused.output
    assert "lock is on" in run(home, "profile", "lock").output


def test_no_command_takes_a_pin_as_an_argument() -> None:
    for path, command in commands_of(cli):
        names = {parameter.name for parameter in command.params}
        assert not {"pin", "new_pin"} & names, path
        assert not any("pin" in (o.name or "").split("_") for o in command.params), path
    assert isinstance(cli, click.Group)
