"""Output that cannot be written is one line and an exit code, for every command of the house."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from edgeagent.agent import Agent
from edgeagent.cli.root import cli
from edgeagent.errors import OutputError
from model_export.cli import main as model_export
from server_stub.cli import main as server_stub
from tests.cli.command_tree import commands_of

_PROGRAMS: dict[str, click.Group] = {
    "edgeagent": cli,
    "model-export": model_export,
    "server-stub": server_stub,
}


def complaint(
    program: str,
    words: list[str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[object, list[str]]:
    with monkeypatch.context() as patch, Path("/dev/full").open("w") as full:
        patch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as ended:
            _PROGRAMS[program].main(words, prog_name=program)
    return ended.value.code, capfd.readouterr().err.splitlines()


@pytest.mark.parametrize("program", _PROGRAMS)
def test_every_help_text(
    program: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for words, _ in commands_of(_PROGRAMS[program]):
        code, lines = complaint(program, [*words, "--help"], capfd, monkeypatch)
        assert code == OutputError.exit_code, words
        assert lines[0] == "error: the output cannot be written: No space left on device"
        assert len(lines) == 2, lines


@pytest.mark.parametrize(
    "words",
    [
        ["history", "list"],
        ["history", "list", "--json"],
        ["consent", "receipt"],
        ["config", "show"],
    ],
)
def test_an_answer(
    words: list[str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Agent.open(tmp_path).close()
    code, lines = complaint("edgeagent", ["--home", str(tmp_path), *words], capfd, monkeypatch)
    assert code == OutputError.exit_code
    assert len(lines) == 2
    assert "No space left" in lines[0]


def test_an_error_keeps_its_own_exit_code_where_stderr_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, Path("/dev/full").open("w") as full:
        patch.setattr(sys, "stderr", full)
        with pytest.raises(SystemExit) as ended:
            cli.main(["--home", str(tmp_path), "history", "add", "t:1"], prog_name="edgeagent")
    assert ended.value.code == 4


@pytest.mark.parametrize("words", [["history", "list"], ["history", "list", "--json"]])
@pytest.mark.parametrize(
    ("stdout", "code", "said"),
    [
        ("closed", OutputError.exit_code, "error: the output cannot be written: Bad file desc"),
        ("pipe", 1, ""),  # as click ends, and nothing is said: it is how "| head" works
    ],
)
def test_a_reader_that_is_not_there(
    tmp_path: Path, stdout: str, code: int, said: str, words: list[str]
) -> None:
    Agent.open(tmp_path).close()
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing) as nowhere:
        result = subprocess.run(
            [sys.executable, "-m", "edgeagent", "--home", str(tmp_path), *words],
            stdout=nowhere,
            stderr=subprocess.PIPE,
            preexec_fn=(lambda: os.close(1)) if stdout == "closed" else None,
            text=True,
            check=False,
        )
    assert result.returncode == code
    assert result.stderr.startswith(said)
    assert len(result.stderr.splitlines()) == (2 if said else 0)


def test_a_terminal_without_a_letter_shows_its_number(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out"
    with monkeypatch.context() as patch, path.open("w", encoding="latin-1") as plain:
        patch.setattr(sys, "stdout", plain)
        home = ["--home", str(tmp_path / "home")]
        for words in (["profile", "create", "Zoë日"], ["profile", "list"]):
            with pytest.raises(SystemExit):
                cli.main([*home, *words], prog_name="edgeagent")
    assert capfd.readouterr().err == ""
    assert "created Zoë\\u65e5" in path.read_text("latin-1")


def test_what_does_not_end_in_a_line_arrives_too_or_is_missed() -> None:
    """click flushes what it prints; another library may leave it in the buffer."""
    program = "import click, sys; from edgeagent.command_group import CommandGroup as G; "
    program += "G(commands=[click.Command('x', callback=lambda: sys.stdout.write('y'))])(['x'])"
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-c", program]
        ended = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == OutputError.exit_code, ended.stderr
    assert "No space left" in ended.stderr.splitlines()[0]
