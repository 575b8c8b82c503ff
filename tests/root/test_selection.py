"""What ``pytest`` runs when nobody names anything, and that nothing is lost between two words."""

from __future__ import annotations

import re
import subprocess
import sys
from copy import copy
from pathlib import Path

import pytest

from tests.selection import DEEP_FOLDERS, pytest_xdist_auto_num_workers

ROOT = Path(__file__).parents[2]
_MODULE = """
import pytest

def test_quick():
    pass

@pytest.mark.deep
def test_marked():
    pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the same rule, and a deep and a fast test in a folder that is not deep."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_some.py").write_text(_MODULE, "utf-8")
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\ntestpaths = tests\nmarkers = deep\naddopts = -p tests.selection\n", "utf-8"
    )
    return tmp_path


def run(project: Path, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", *options],
        cwd=project,
        env={"PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("workers", ["0", "1"])
def test_alone_it_leaves_the_deep_ones_out_and_says_so(project: Path, workers: str) -> None:
    said = run(project, "-n", workers)
    assert "1 passed" in said
    assert "1 deep tests were left out" in said


@pytest.mark.parametrize("named", [("tests",), ("tests/test_some.py",), ("-m", "deep or not deep")])
def test_what_is_named_by_hand_runs(project: Path, named: tuple[str, ...]) -> None:
    said = run(project, "-n0", *named)
    assert "2 passed" in said
    assert "left out" not in said


@pytest.mark.parametrize(
    ("named", "workers"),
    [("tests/root", None), ("tests/root/test_selection.py::test_x", 0), ("tests/hil", 0)],
)
def test_one_file_and_one_board_take_no_workers(
    pytestconfig: pytest.Config, named: str, workers: int | None
) -> None:
    config = copy(pytestconfig)
    config.args = [str(ROOT / named)]
    assert pytest_xdist_auto_num_workers(config) == workers


def test_a_marker_named_by_hand_runs_what_has_it(project: Path) -> None:
    assert "1 passed, 1 deselected" in run(project, "-n0", "-m", "deep")


def test_every_deep_folder_is_there() -> None:
    assert {name for name in DEEP_FOLDERS if (ROOT / "tests" / name).is_dir()} == DEEP_FOLDERS


@pytest.mark.deep
def test_fast_and_deep_are_all() -> None:
    collected = [
        collect(),
        collect("-m", "deep"),
        collect("tests"),
    ]
    fast, deep, everything = collected
    assert fast
    assert deep
    assert not fast & deep
    assert fast | deep == everything


def collect(*options: str) -> set[str]:
    said = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n0", *options],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return set(re.findall(r"^tests/\S+::.+$", said, re.MULTILINE))
