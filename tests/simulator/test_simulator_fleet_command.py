"""``edgeagent simulate fleet`` as people run it: what it prints, refuses, keeps, and continues."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edgeagent.cli.root import cli
from edgeagent.errors import OutputError
from edgeagent.simulator.fleet import summary
from edgeagent.simulator.fleet.checkpoint import CHECKPOINT_NAME

SMALL = ("--boxes", "20000", "--weeks", "13", "--segments", "8")
LARGE = ("--boxes", "2500000", "--weeks", "26", "--segments", "8", "--processes", "2")
"""78 batches: long enough to be interrupted, after the first 16 were kept."""


def run(*arguments: str, out: Path) -> str:
    result = CliRunner().invoke(cli, ["simulate", "fleet", *arguments, "--out", str(out)])
    assert result.exit_code == 0, result.output
    return result.stdout


def figures(printed: str) -> dict[str, Any]:
    """All that was computed, without the time it took."""
    found: dict[str, Any] = json.loads(printed)
    del found["cost"]["seconds"], found["cost"]["box_windows_per_second"]
    return found


def test_it_says_what_became_of_the_boxes(tmp_path: Path) -> None:
    said = run(*SMALL, "--poison", "0.05", "--attack", "random", out=tmp_path)
    for words in ("20,000 boxes", "cover the truth", "5.0% of boxes, random", "opted out", "1.10"):
        assert words in said
    assert not (tmp_path / CHECKPOINT_NAME).exists()


def test_machines_get_every_window(tmp_path: Path) -> None:
    found = figures(run(*SMALL, "--json", out=tmp_path))
    assert found["devices"] == sum(window["boxes"]["due"] for window in found["windows"]) == 20_000
    assert found["reports"] == found["boxes"]["reported"]
    assert len(found["windows"]) == 13
    for window in found["windows"]:
        assert len(window["values"]) == len(window["intervals"]) == len(window["truth"]) == 9
    assert found["cost"]["bytes_sent"] == 512 * found["cost"]["reports_sent"]


def test_both_mechanisms_are_there_and_only_what_a_task_may_ask(tmp_path: Path) -> None:
    laplace = ("--mechanism", "discrete_laplace")
    assert "20,000 boxes" in run(*SMALL, *laplace, out=tmp_path)
    refused = CliRunner().invoke(cli, ["simulate", "fleet", *laplace, "--odds", "2"])
    assert refused.exit_code == 2
    assert "--odds 3 alone" in refused.output


def test_intervals_that_miss_the_truth_break_a_promise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary, "coverage_is_credible", lambda covered, of: covered > of)
    arguments = ["simulate", "fleet", *SMALL, "--out", str(tmp_path)]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 9
    assert "intervals cover the truth" in result.stderr


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The figures of the large fleet in a run that is not interrupted."""
    return figures(run(*LARGE, "--json", out=tmp_path_factory.mktemp("straight")))


@pytest.mark.deep
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_keeps_what_is_finished_and_goes_on_from_there(
    tmp_path: Path, how: signal.Signals, straight: dict[str, Any]
) -> None:
    arguments = ["simulate", "fleet", *LARGE, "--out", str(tmp_path), "--json"]
    kept = tmp_path / CHECKPOINT_NAME
    with subprocess.Popen(
        [sys.executable, "-m", "edgeagent", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        while process.poll() is None and not kept.exists():
            pass
        # A terminal interrupts the worker processes, too; another program ends the first alone.
        (os.killpg if how is signal.SIGINT else os.kill)(process.pid, how)
        printed, complaint = process.communicate(timeout=60)
    assert process.returncode == 130, complaint
    assert printed == b""
    assert b"Traceback" not in complaint
    resumed = figures(run(*LARGE, "--json", out=tmp_path))
    assert "batches were done" in resumed.pop("note")
    assert not kept.exists()
    assert resumed == {name: value for name, value in straight.items() if name != "note"}


@pytest.mark.deep
def test_a_page_that_was_good_stays_until_the_next_is_whole(tmp_path: Path) -> None:
    run(*SMALL, "--json", out=tmp_path)
    page = tmp_path / "fleet.html"
    before = page.read_text("utf-8")
    page.with_name(f".fleet.html.{os.getpid()}").mkdir()
    arguments = ["simulate", "fleet", *SMALL, "--seed", "2", "--out", str(tmp_path)]
    failed = CliRunner().invoke(cli, arguments)
    assert failed.exit_code == OutputError.exit_code
    assert page.read_text("utf-8") == before


@pytest.mark.deep
def test_a_page_that_cannot_be_written_costs_no_finished_batch(tmp_path: Path) -> None:
    page = tmp_path / "fleet.html"
    page.mkdir()
    failed = CliRunner().invoke(cli, ["simulate", "fleet", *SMALL, "--out", str(tmp_path)])
    assert failed.exit_code == OutputError.exit_code
    assert "fleet.html cannot be written" in failed.stderr
    page.rmdir()
    assert "where 13 batches were done" in run(*SMALL, "--json", out=tmp_path)
    assert list(tmp_path.iterdir()) == [page]


@pytest.mark.deep
def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    arguments = ["simulate", "fleet", *LARGE, "--out", str(tmp_path)]
    with subprocess.Popen(
        [sys.executable, "-m", "edgeagent", *arguments], stderr=subprocess.PIPE
    ) as process:
        while process.poll() is None and not (tmp_path / CHECKPOINT_NAME).exists():
            pass
        process.kill()
        # Workers hold the pipe, too: it is at its end when the last of them has gone.
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
