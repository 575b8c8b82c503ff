"""mypy --strict sees the types of the Python API, from the wheel and from an editable install."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.hil.wheels import ROOT
from tests.pages.test_python_example import example

FAULTS = """
agent.grant("personalization")
agent.history.latest("main", 3)
agent.record_watch(seen, keep_unknown="yes")
agent.household.create("Ada", kind="grown-up")
print(agent.portability.export_to(b"export.json") + "")
print(agent.recommend().picks[0].no_such_field)
print(agent.reports.balance().no_such_field)
"""


@pytest.fixture(params=["wheel", "editable"])
def python(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The interpreter of an environment with this package; dependencies come from our own."""
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    interpreter = venv / "bin" / "python"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(venv)}))
    how = ["-e"] if request.param == "editable" else []
    pip = [sys.executable, "-m", "pip", "--python", str(interpreter), "install", "-qq", "--no-deps"]
    subprocess.run([*pip, *how, str(ROOT)], check=True, stdin=subprocess.DEVNULL)
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n", "utf-8")
    return interpreter


def test_a_program_that_uses_the_package_is_checked_against_its_types(
    python: Path, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text(example(), "utf-8")
    assert checked(program, python) == "Success: no issues found in 1 source file"
    program.write_text(example() + FAULTS, "utf-8")
    lines = checked(program, python).splitlines()
    first = example().count("\n") + 1
    found = {int(line.split(":")[1]) - first for line in lines if ": error: " in line}
    assert found == set(range(1, FAULTS.count("\n"))), lines


def checked(program: Path, python: Path) -> str:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--cache-dir", "cache"),
            *("--python-executable", python, program.name),
        ],
        cwd=program.parent,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.stderr == ""
    return done.stdout.strip()
