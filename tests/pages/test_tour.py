"""The README's tour, typed word for word into a shell, says what the README says it does."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.pages.found import ROOT

pytestmark = pytest.mark.deep
README = (ROOT / "README.md").read_text("utf-8")
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("EDGEAGENT_")},
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "PYTHONUNBUFFERED": "1",
}


def typed(name: str) -> str:
    found = re.search(rf"<!-- tour: {name} -->\n```sh\n(.+?)```", README, re.DOTALL)
    assert found, f"the README's tour has no block {name}"
    return found[1]


def run(script: str, place: Path) -> str:
    done = subprocess.run(
        ["bash", "-euxc", script],
        cwd=place,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def running(command: str, place: Path, ready: str) -> Iterator[None]:
    """Run a command that stays, from the line on that says it is ready, until it is interrupted."""
    with subprocess.Popen(
        ["bash", "-euc", f"exec {command}"],
        cwd=place,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        try:
            said = []
            for line in process.stdout:
                said.append(line)
                if ready in line:
                    break
            else:
                pytest.fail("".join(said))
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.stdout.read()


def test_the_tour(tmp_path: Path) -> None:
    simulate, serve = typed("server").splitlines()
    run(simulate, tmp_path)
    with running(serve, tmp_path, "8470"):
        box = run(typed("box"), tmp_path)
    assert "no report: a new ledger is silent until the week of" in box
    assert (tmp_path / "tour" / "export.json").stat().st_size > 0
    first = re.search(r"^  1\. (.+) \(\d{4}\)", box, re.MULTILINE)
    assert first
    assert f"Because you watched {first[1]} (" in box
    estimates = run(typed("estimate"), tmp_path)
    assert estimates.startswith("Too few reports to say anything: 20 of 5,000.")
    assert "S   Q   L" not in run(typed("encrypted"), tmp_path), "an SQLite file in the clear"
    with running(typed("service").strip(), tmp_path, "serving"):
        link = run("export EDGEAGENT_HOME=tour/box\n" + typed("dashboard"), tmp_path)
    assert link.startswith("http://127.0.0.1:3474/")
