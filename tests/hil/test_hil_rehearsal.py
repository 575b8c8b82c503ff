"""The rehearsal's own parts, without a target: these run everywhere."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner

from tests.hil.board import Board
from tests.hil.cache import Cache
from tests.hil.local_shell import LocalShell
from tests.hil.onboard.line_client import LineClient
from tests.hil.plants import PLANTS
from tests.hil.power_cuts import PowerCuts
from tests.hil.rehearsal import SHARES, OutOfTime, Rehearsal
from tests.hil.rehearse import Orders, exit_code, main
from tests.hil.requirements import Target, missing
from tests.hil.result import TargetResult, in_words, read_result
from tests.hil.side_by_side import run_side_by_side
from tests.hil.suite import last_words
from tests.hil.targets import Builder
from tests.hil.wheels import ROOT

JUNIT = """<testsuites><testsuite time="7.5">
<testcase classname="tests.hil.test_a" name="good"/>
<testcase classname="tests.hil.test_a" name="absent"><skipped message="no tin opener"/></testcase>
{more}</testsuite></testsuites>"""
BAD = '<testcase classname="tests.hil.test_a" name="bad"><failure message="no"/></testcase>'


def test_a_machine_that_did_not_come_up_is_told_by_its_last_words(tmp_path: Path) -> None:
    assert last_words(tmp_path) == []  # a chroot has no console
    lines = [f"[{number}] booting" for number in range(50)]
    (tmp_path / "console").write_bytes("\n".join(lines).encode() + b"\xff\n")
    (tmp_path / "qemu.log").write_text("qemu: no such disk\n", "utf-8")
    said = last_words(tmp_path)
    assert (said[0], len(said)) == ("console: [30] booting", 21)
    assert said[-1] == "qemu.log: qemu: no such disk"


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
    assert [path.name for path in tmp_path.iterdir()] == ["thing.lock"]


def test_what_is_missing_is_said_with_the_way_to_get_it() -> None:
    def nothing(_: str) -> None:
        return None

    assert "pip install" in str(missing("vm", modules=nothing))
    assert "qemu-system-arm" in str(missing("vm", find=nothing, modules=str))
    assert "qemu-user-static" in str(missing("chroot", find=nothing, modules=str))
    assert "as root" in str(missing("chroot", find=str, user=1000, modules=str))
    assert missing("vm", find=str, user=0, modules=str, forbidden=nothing) is None
    assert missing("vm", find=str, user=0, modules=str, forbidden=str) == "vm"


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
    file, _, test = plant.noticed_by.partition("::")
    assert f"def {test}(" in (ROOT / "tests/hil" / file).read_text("utf-8")


@pytest.mark.parametrize("name", PLANTS)
def test_a_fault_is_noticed_by_the_test_that_is_to_notice_it_and_by_no_other(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    noticed_by = PLANTS[name].noticed_by

    def ends(*failed: str) -> int:
        results = [
            TargetResult(target="vm", suite="bookworm", passed=1),
            TargetResult(target="systemd", suite="bookworm", failed=list(failed)),
        ]
        return exit_code(results, plant=name)

    assert ends(noticed_by) == ends("it broke off", noticed_by) == 9
    assert capsys.readouterr().err == ""
    assert ends() == ends("it broke off") == ends(f"{noticed_by}, before the test") == 1
    assert noticed_by in capsys.readouterr().err


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
    report.write_text(JUNIT.format(more=BAD.replace("failure", "error")), "utf-8")
    broken = read_result("vm", suite="bookworm", report=report, figures=figures)
    assert broken.failed == ["test_a.py::bad, before or after the test itself"]


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
    assert result.stdout.count("skipped:") == len(get_args(Target))
    assert "install" in result.stdout
    planted = CliRunner().invoke(main, [*arguments, "--plant", "golden-off"])
    assert planted.exit_code == 1
    assert "not noticed" in planted.stderr


def test_the_machine_runs_every_test_once() -> None:
    files = {path.name for path in (ROOT / "tests/hil").glob("test_hil_*.py")}
    shared_out = [*SHARES["vm"], *SHARES["systemd"]]
    assert sorted(shared_out) == sorted(files - {"test_hil_rehearsal.py"})


def test_rehearsals_run_side_by_side_and_one_that_breaks_off_is_no_success(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    commands = {
        # Neither would end without the other.
        "reads": (sys.executable, "-c", f"print(open({str(fifo)!r}).read())"),
        "writes": (sys.executable, "-c", f"open({str(fifo)!r}, 'w').write('both')"),
    }
    said = run_side_by_side(commands, cwd=tmp_path)
    assert said == {"reads": b"both\n", "writes": b""}
    orders = Orders(
        suite="bookworm", cache=tmp_path, wheel=None, deb=None, plant=None, full=False, ends_at=0
    )
    assert orders.read("vm", said["writes"]).failed == ["it broke off"]


CHILD = "import os, signal; os.write(2, b'%d\\n' % os.getpid()); signal.pause()"
PARENT = f"""
import sys
from pathlib import Path
from tests.hil.rehearse import leave_in_order
from tests.hil.side_by_side import run_side_by_side
from tests.hil.suite import last_words
leave_in_order(3600)
run_side_by_side({{name: (sys.executable, "-c", {CHILD!r}) for name in "ab"}}, cwd=Path())
"""


def python(program: str) -> subprocess.Popen[str]:
    """Start a program that finds the tests' own modules."""
    return subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )


def test_an_interruption_ends_what_runs_side_by_side() -> None:
    with python(PARENT) as process:
        assert process.stderr is not None
        try:
            children = [int(process.stderr.readline()) for _ in range(2)]
        finally:
            process.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in process.stderr.read()
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def test_a_rehearsal_that_takes_too_long_has_failed(tmp_path: Path) -> None:
    late = "import signal; from tests.hil.rehearse import leave_in_order as leave; leave(0.01)"
    with python(f"{late}; signal.pause()") as process:
        assert "OutOfTime: it was not done after 0.0 minutes" in process.communicate()[1]

    class LateBuilder(Builder):
        def kernel(self) -> Path:
            message = "it was not done"
            raise OutOfTime(message)

    builder = LateBuilder(cache=Cache(tmp_path), suite="bookworm", say=lambda _: None)
    result = Rehearsal(builder=builder, scratch=tmp_path, wheel=tmp_path).on("vm")
    assert (result.ok, result.failed) == (False, ["it was not done"])


def test_a_connection_that_fails_leaves_no_socket_open(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LineClient(tmp_path / "nobody")
    gc.collect()  # here an open socket would be warned of, which is an error


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
