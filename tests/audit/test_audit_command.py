"""The command: parts in processes of their own, progress, and an exit code to rely on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.audit import __main__ as command
from tests.audit.part import Effort, Result, run

_ROOT = Path(__file__).parents[2]


def _breaking(effort: Effort) -> Result:
    del effort
    return Result(name="breaking", wrong=("a bound is passed",), figures={}, summary="planted")


def test_two_parts_run_and_tell_how_far_they_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.audit", "--only", "weeks", "--only", "averaging", "--json"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert told["ok"] is True
    assert {part["name"] for part in told["parts"]} == {"weeks", "averaging"}
    assert "2 of 2 parts done after" in done.stderr
    assert "about 0 s left" in done.stderr


def _skipping(effort: Effort) -> Result:
    del effort
    return Result(name="skipping", wrong=(), figures={}, summary="nothing", skipped="needs root")


def test_a_part_that_cannot_run_is_skipped_not_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "PARTS", ((_skipping, 1, 1),))
    run = CliRunner().invoke(command.main, [])
    assert run.exit_code == 0
    assert run.stdout == "skipped (needs root)  skipping: nothing\n"
    told = json.loads(CliRunner().invoke(command.main, ["--json"]).stdout)
    assert (told["ok"], told["skipped"]) == (True, ["skipping"])
    assert told["parts"][0]["skipped"] == "needs root"


def test_what_does_not_hold_is_named_and_fails_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(command, "PARTS", ((_breaking, 1, 1),))
    run = CliRunner().invoke(command.main, [])
    assert run.exit_code == 9
    assert "NO  breaking: planted" in run.stdout
    assert "error: breaking: a bound is passed" in run.stderr


def _stopping(effort: Effort) -> Result:
    del effort
    raise ValueError("planted")


def test_a_part_that_stops_fails_the_command_and_hides_no_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = run(_stopping, full=False)
    assert (told["ok"], told["wrong"]) == (False, ("stopped by ValueError: planted",))
    assert "Traceback" in capsys.readouterr().err
