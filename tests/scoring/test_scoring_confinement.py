from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import edgeagent
from edgeagent.errors import ModelError
from edgeagent.messages import ModelFiles, SegmentRequest, Viewing
from edgeagent.scoring.confinement import (
    ALLOWANCE_BYTES,
    TIMES_CATALOGUE,
    MemoryLimit,
    limited_cpu,
)
from edgeagent.scoring.frames import ScoringCall
from edgeagent.scoring.remote import ChildScorer
from tests.scoring.hostile_child import hostile_command
from tests.scoring.hostile_model import TRIGGER, Mischief, hostile_model
from tests.scoring.toy_model import toy_files

ROOT = Path(edgeagent.__file__).resolve().parent.parent


def _request(files: ModelFiles, title: str = "t:a") -> SegmentRequest:
    viewing = Viewing(entity_id=title, watched_on=1_780_000_000, completed=True)
    return SegmentRequest(files=files, sessions=((viewing,),))


def _process_of(scorer: ChildScorer) -> int:
    assert scorer._child is not None
    return scorer._child.pid


@pytest.fixture
def child(files: ModelFiles) -> Iterator[ChildScorer]:
    """A child that has answered."""
    scorer = ChildScorer()
    scorer.segment(_request(files))
    yield scorer
    scorer.close()


def _status(process: int) -> dict[str, str]:
    lines = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def test_a_child_goes_first_leaves_no_dump_writes_no_file_and_has_a_filter(
    child: ChildScorer,
) -> None:
    process = _process_of(child)
    limits = Path(f"/proc/{process}/limits").read_text("utf-8")
    soft = dict(
        re.findall(r"^Max (core file size|file size|data size) +(\S+)", limits, re.MULTILINE)
    )
    assert Path(f"/proc/{process}/oom_score_adj").read_text() == "1000\n"
    assert (soft["core file size"], soft["file size"]) == ("0", "0")
    assert (_status(process)["NoNewPrivs"], _status(process)["Seccomp"]) == ("1", "2")
    data_kib = int(_status(process)["VmData"].split()[0])
    assert 0 < int(soft["data size"]) // 1024 - data_kib <= ALLOWANCE_BYTES // 1024


LOOKING = """
import ctypes, os, subprocess, sys
if len(sys.argv) > 2:  # root would look into everything: without CAP_SYS_PTRACE it is as others are
    ctypes.CDLL(None).prctl(24, 19, 0, 0, 0)  # PR_CAPBSET_DROP
    os.execv(sys.executable, [sys.executable, "-c", os.environ["LOOKING"], sys.argv[1]])
command = [sys.executable, *sys.argv[1].split("|")]
with subprocess.Popen(command, stdin=-1, stdout=-1, bufsize=0) as process:
    process.stdin.write(bytes.fromhex(os.environ["SAID"]))
    process.stdout.read(1)
    try:
        open(f"/proc/{process.pid}/mem", "rb").close()
        print("seen")
    except PermissionError:
        print("hidden")
    process.kill()
"""
ECHO = "import sys; print(sys.stdin.buffer.read(1), flush=True); sys.stdin.read()"
YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")
"""From 2 on nobody may look into any process."""


def _looked_into(*arguments: str, said: bytes) -> str:
    """Start a process, make it say something, and look into its memory as its parent."""
    done = subprocess.run(
        [sys.executable, "-c", LOOKING, "|".join(arguments), *["drop"][: os.geteuid() == 0]],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT), "LOOKING": LOOKING, "SAID": said.hex()},
    )
    return done.stdout.strip()


def test_not_even_its_parent_looks_into_a_child(files: ModelFiles) -> None:
    allowed = not YAMA.exists() or int(YAMA.read_text("ascii")) < 2
    assert _looked_into("-c", ECHO, said=b"x") == ("seen" if allowed else "hidden")
    call = msgspec.json.encode(ScoringCall(segment=_request(files)))
    frame = len(call).to_bytes(4, "big") + call
    assert _looked_into("-m", "edgeagent.scoring.child", "30", said=frame) == "hidden"


@pytest.mark.deep
@pytest.mark.parametrize(
    ("mischief", "reason"),
    [
        ("loop", "ended over one request: it exceeded its limit of CPU time"),
        ("allocate", "failed twice over one request: it exceeded its memory limit"),
        ("fail", "run failed"),
    ],
)
def test_what_a_model_does_to_a_child_ends_with_a_reason_and_the_next_child_is_fresh(
    tmp_path: Path, mischief: Mischief, reason: str
) -> None:
    files = toy_files(tmp_path, model=hostile_model(mischief))
    scorer = ChildScorer(command=hostile_command(cpu_seconds=1.0))
    assert scorer.segment(_request(files)).segments == (0,)
    first = _process_of(scorer)
    with pytest.raises(ModelError, match=reason) as failed:
        scorer.segment(_request(files, TRIGGER))
    assert failed.value.hint
    assert not Path(f"/proc/{first}").exists()
    assert scorer.segment(_request(files)).segments == (0,)
    assert _process_of(scorer) != first
    scorer.close()


def test_memory_is_limited_to_so_much_more_than_there_was_and_to_each_catalogue(
    tmp_path: Path, files: ModelFiles
) -> None:
    (tmp_path / "status").write_text("VmPeak:\t  2000 kB\nVmData:\t  1000 kB\n")
    limits: list[int] = []
    limit = MemoryLimit(tmp_path, set_limit=limits.append)
    limit.make_room(files)
    limit.make_room(files)
    size = Path(files.catalogue_path).stat().st_size
    at_first, *others = limits
    assert at_first == 1000 * 1024 + ALLOWANCE_BYTES
    assert others == [at_first + TIMES_CATALOGUE * size] * 2


@pytest.mark.parametrize("status", [None, "Name:\tpython\n"])
def test_where_nobody_says_what_there_is_there_is_no_limit(
    tmp_path: Path, files: ModelFiles, status: str | None
) -> None:
    if status is not None:
        (tmp_path / "status").write_text(status)
    limits: list[int] = []
    MemoryLimit(tmp_path, set_limit=limits.append).make_room(files)
    assert limits == []


def test_time_is_limited_within_and_not_after() -> None:
    with limited_cpu(1000.0):
        assert signal.getitimer(signal.ITIMER_PROF)[0] > 0
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
    with limited_cpu(None):
        assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
