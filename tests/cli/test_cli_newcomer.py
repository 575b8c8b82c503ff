"""What a newcomer types: no such name, no text, no answer."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edgeagent.cli.root import cli
from edgeagent.start import INTERRUPTED_EXIT_CODE


def run(home: Path, *words: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["--home", str(home), *words], input=answer)


@pytest.mark.parametrize(
    "words",
    [
        ["history", "list", "--profile"],
        ["history", "add", "t:1", "--profile"],
        ["recommend", "--profile"],
        ["consent", "withdraw", "history", "--profile"],
        ["profile", "remove"],
        ["erase", "--scope", "profile", "--profile"],
        ["erase", "--scope", "history", "--profile"],
    ],
)
def test_nobody_is_told_or_asked_about_a_profile_that_there_is_not(
    tmp_path: Path, words: list[str]
) -> None:
    run(tmp_path, "consent", "grant", "history")
    result = run(tmp_path, *words, "Adda")
    assert result.exit_code == 3
    assert "there is no profile 'Adda'" in result.stderr
    assert "?" not in result.output
    assert "Adda" not in run(tmp_path, "consent", "receipt").output


def test_what_a_removed_profile_decided_can_be_withdrawn_again(tmp_path: Path) -> None:
    run(tmp_path, "profile", "create", "Ada")
    run(tmp_path, "consent", "grant", "history", "--profile", "Ada")
    run(tmp_path, "profile", "remove", "Ada", "--yes")
    assert run(tmp_path, "consent", "withdraw", "history", "--profile", "Ada").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["history", "forget", "\udcff"], "an argument is no text: '\\udcff'"),
        (["keys", "rotate", "--old-command", '"'], "No closing quotation"),
        (["--config", "x" * 300, "config", "show"], "File name too long"),
    ],
)
def test_an_argument_that_cannot_be_meant_is_one_line(
    tmp_path: Path, words: list[str], said: str
) -> None:
    run(tmp_path, "consent", "grant", "history")
    result = run(tmp_path, *words)
    assert (result.exit_code, len(result.stderr.splitlines())) == (3, 2)
    assert said in result.stderr


@pytest.mark.parametrize("words", [["--home", "", "history", "list"], ["simulate", "--out", ""]])
def test_an_empty_name_is_not_the_present_directory(words: list[str], tmp_path: Path) -> None:
    with contextlib.chdir(tmp_path):
        result = CliRunner().invoke(cli, words)
    assert result.exit_code == 2
    assert "it is empty" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_prompt_that_is_interrupted_is_not_answered_with_no(tmp_path: Path) -> None:
    assert run(tmp_path, "erase", "--scope", "history", answer="n\n").exit_code == 1
    reading, writing = os.pipe()
    asked = subprocess.Popen(
        [sys.executable, "-m", "edgeagent", "--home", str(tmp_path), "erase", "--scope=history"],
        stdin=reading,
        stderr=subprocess.PIPE,
    )
    assert asked.stderr is not None
    while asked.stderr.read(1) != b":":
        pass
    while Path(f"/proc/{asked.pid}/stat").read_text("utf-8").split()[2] != "S":
        pass  # until it waits for the answer
    asked.send_signal(signal.SIGINT)
    assert b"interrupted" in asked.communicate()[1]
    assert asked.returncode == INTERRUPTED_EXIT_CODE
    os.close(reading)
    os.close(writing)
