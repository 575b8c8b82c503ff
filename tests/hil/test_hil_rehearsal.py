"""The rehearsal's own parts, without a target: these run everywhere."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from edgeagent.errors import PromiseBroken
from tests.hil.board import Board
from tests.hil.cache import Cache
from tests.hil.local_shell import LocalShell
from tests.hil.plants import PLANTS
from tests.hil.power_cuts import PowerCuts
from tests.hil.rehearse import main
from tests.hil.requirements import missing
from tests.hil.result import in_words, read_result
from tests.hil.wheels import ROOT

JUNIT = """<testsuites><testsuite time="7.5">
<testcase classname="tests.hil.test_a" name="good"/>
<testcase classname="tests.hil.test_a" name="absent"><skipped message="no tin opener"/></testcase>
{more}</testsuite></testsuites>"""
BAD = '<testcase classname="tests.hil.test_a" name="bad"><failure message="no"/></testcase>'


def test_what_is_in_the_cache_is_not_built_again(tmp_path: Path) -> None:
    built: list[Path] = []
    cache = Cache(tmp_path / "cache")
    for recipe in ("a", "a", "b"):
        kept = cache.get("thing", recipe=recipe, build=built.append)
        assert kept.is_dir()
    assert len(built) == 2


def test_a_build_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    with pytest.raises(ZeroDivisionError):
        cache.get("thing", recipe=1, build=lambda _: (1 // 0, None)[1])
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_is_said_with_the_way_to_get_it() -> None:
    def nothing(_: str) -> None:
        return None

    assert "pip install" in str(missing("vm", modules=nothing))
    assert "qemu-system-arm" in str(missing("vm", find=nothing, modules=str))
    assert "qemu-user-static" in str(missing("chroot", find=nothing, modules=str))
    assert "as root" in str(missing("chroot", find=str, user=1000, modules=str))
    assert missing("vm", find=str, user=0, modules=str) is None


@pytest.mark.parametrize("name", PLANTS)
def test_each_fault_can_be_planted_into_the_present_sources(tmp_path: Path, name: str) -> None:
    plant = PLANTS[name]
    (tmp_path / plant.path).parent.mkdir(parents=True)
    shutil.copy(ROOT / plant.path, tmp_path / plant.path)
    plant.put_into(tmp_path)
    faulty = (tmp_path / plant.path).read_text("utf-8")
    assert faulty != (ROOT / plant.path).read_text("utf-8")
    compile(faulty, plant.path, "exec")
    (tmp_path / plant.path).write_text("rewritten", "utf-8")
    with pytest.raises(ValueError, match="0 times"):
        plant.put_into(tmp_path)
    assert (ROOT / "tests/hil" / plant.noticed_by).exists()


def test_a_result_says_what_passed_failed_and_was_skipped_why(tmp_path: Path) -> None:
    report, figures = tmp_path / "junit.xml", tmp_path / "figures.json"
    report.write_text(JUNIT.format(more=""), "utf-8")
    figures.write_text('{"bytes": 7}', "utf-8")
    good = read_result("vm", suite="bookworm", report=report, figures=figures)
    assert (good.ok, good.passed, good.seconds, good.figures) == (True, 1, 7.5, {"bytes": 7})
    assert "no tin opener" in in_words(good)
    assert "rehearsal (emulated)" in in_words(good)
    report.write_text(JUNIT.format(more=BAD), "utf-8")
    bad = read_result("vm", suite="bookworm", report=report, figures=figures)
    assert (bad.ok, bad.failed) == (False, ["test_a.py::bad"])


def test_a_suite_that_broke_off_is_no_success(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    assert not read_result("vm", suite="bookworm", report=nothing, figures=nothing).ok


def test_a_rehearsal_that_cannot_be_is_skipped_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    arguments = ["--cache", str(tmp_path / "cache")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert result.stdout.count("skipped:") == 2
    assert "install" in result.stdout
    planted = CliRunner().invoke(main, [*arguments, "--plant", "golden-off"])
    assert planted.exit_code == PromiseBroken.exit_code


@pytest.fixture
def board(tmp_path: Path) -> Board:
    """This machine, with this very tree for a library."""
    board = Board(
        shell=LocalShell(), files=LocalShell(), place=str(tmp_path), python=sys.executable
    )
    board.link(ROOT)
    return board


def test_power_cuts_are_survived(board: Board) -> None:
    lives = PowerCuts(board, lambda: _kill(board), seed="here")
    found = lives.run(3)
    assert found.failures == []
    assert found.kills == 3
    assert sum(lives.during.values()) == 3


def test_what_a_power_cut_takes_is_noticed(board: Board) -> None:
    def cut() -> None:
        _kill(board)
        home = Path(board.place, "cuts", "home")
        (home / "ledger.db").unlink(missing_ok=True)

    assert PowerCuts(board, cut, seed="here").run(2).failures


def _kill(board: Board) -> None:
    pid = int(Path(board.place, "cuts", "pid").read_text("utf-8"))
    with suppress(ProcessLookupError):  # it ends by itself when it has found a loss
        os.kill(pid, signal.SIGKILL)
    subprocess.run(["tail", f"--pid={pid}", "-f", os.devnull], check=True)
