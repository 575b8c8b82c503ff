from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgeagent.messages import ModelFiles, SegmentRequest
from edgeagent.scoring.engines import EngineTable
from edgeagent.scoring.loaded_code import give_back_code
from edgeagent.scoring.remote import ChildScorer


def _code_kib(smaps: str, library: str, field: str) -> int:
    """Add up a field over the executable mappings of a library; see proc(5)."""
    total, counted = 0, False
    for line in smaps.splitlines():
        name, _, rest = line.partition(" ")
        if "-" in name:
            counted = library in line and " r-xp " in line
        elif counted and name == f"{field}:":
            total += int(rest.split()[0])
    return total


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can look into a child")
def test_a_child_holds_no_openssl(files: ModelFiles) -> None:
    child = ChildScorer()
    child.segment(SegmentRequest(files=files, sessions=((),)))
    assert child._child is not None
    smaps = Path(f"/proc/{child._child.pid}/smaps").read_text("utf-8")
    child.close()
    assert "libcrypto" not in smaps


_GIVEN_BACK = """
import onnxruntime
from edgeagent.scoring.engines import EngineTable
from edgeagent.scoring.loaded_code import give_back_code
give_back_code()
print(open("/proc/self/smaps").read())
"""


def test_code_that_only_loading_ran_is_given_back() -> None:
    # Read at once: how much comes back with the next touch depends on the kernel's page cache.
    smaps = subprocess.run(
        [sys.executable, "-c", _GIVEN_BACK], check=True, capture_output=True, text=True
    ).stdout
    mapped, held = (_code_kib(smaps, "onnxruntime", field) for field in ("Size", "Rss"))
    assert mapped > 10_000
    assert held < mapped / 20  # a quarter at least, were it not given back


def test_it_is_given_back_after_each_loading(files: ModelFiles) -> None:
    loaded: list[str] = []
    engines = EngineTable(when_loaded=lambda: loaded.append("given back"))
    for _ in range(2):
        engines.segment(SegmentRequest(files=files, sessions=((),)))
    assert loaded == ["given back"]


def test_code_given_back_runs_again(files: ModelFiles) -> None:
    give_back_code()
    child = ChildScorer()
    assert child.segment(SegmentRequest(files=files, sessions=((),))).segments == (None,)
    child.close()


def test_where_nobody_says_what_is_mapped_nothing_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr("ctypes.CDLL", asked.append)
    give_back_code(tmp_path / "maps")
    assert not asked
