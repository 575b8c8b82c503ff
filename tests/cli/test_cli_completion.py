"""Shell completion, by the scripts and answers of click."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

MODULES = {"edgeagent": "edgeagent", "model-export": "model_export", "server-stub": "server_stub"}


def completed(program: str, instruction: str, **words: str) -> str:
    variable = f"_{MODULES[program].upper()}_COMPLETE"
    done = subprocess.run(
        [sys.executable, "-m", MODULES[program]],
        env={**os.environ, "LANGUAGE": "en", variable: instruction, **words},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("program", MODULES)
def test_a_shell_gets_a_script_that_completes_the_program(program: str) -> None:
    script = completed(program, "zsh_source")
    assert f"#compdef {program}" in script


@pytest.mark.parametrize(
    ("program", "typed", "offered"),
    [
        ("edgeagent", "edgeagent hist", {"history"}),
        ("edgeagent", "edgeagent jo", set()),  # hidden
        ("edgeagent", "edgeagent history re", {"retention"}),
        ("edgeagent", "edgeagent consent grant hi", {"history"}),
        ("model-export", "model-export ev", {"evaluate"}),
        ("server-stub", "server-stub repo rol", {"rollback"}),
    ],
)
def test_what_was_begun_is_completed(program: str, typed: str, offered: set[str]) -> None:
    last = str(len(typed.split()) - 1)
    answer = completed(program, "bash_complete", COMP_WORDS=typed, COMP_CWORD=last)
    assert {line.partition(",")[2] for line in answer.splitlines()} - {""} == offered
