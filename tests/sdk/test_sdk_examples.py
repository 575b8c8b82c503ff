"""The clients of the API's page, each as it stands there: Python, Node, C, and a line of shell."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.running import Running

HERE = Path(__file__).parent / "examples"
PAGE = Path(__file__).parents[2] / "edgeagent" / "api" / "README.md"


def run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        check=False,
        cwd=cwd,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def kept(running: Running) -> set[str]:
    with running.line() as client:
        return {item["entityId"] for item in client.result("EdgeAgent.history")["viewings"]}


def allow(running: Running, *purposes: str) -> None:
    with running.line() as client:
        client.result("EdgeAgent.updateModel")
        for purpose in purposes:
            client.result("EdgeAgent.grant", {"purpose": purpose})


def test_python(running: Running) -> None:
    allow(running)
    assert run(sys.executable, HERE / "client.py", running.socket) == "A Table\n"
    assert kept(running) == {"t:01"}


def test_node(running: Running, sdks: Path) -> None:
    allow(running, "history")
    endpoint = f"ws://127.0.0.1:{running.port}/"
    assert run("node", "client.mjs", endpoint, cwd=sdks.parent).splitlines()[-1] == "true"
    assert kept(running) == {"t:02"}


@pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler: apt-get install gcc")
def test_c(running: Running, tmp_path: Path) -> None:
    allow(running, "history")
    program = tmp_path / "client"
    run("cc", "-Wall", "-Wextra", "-Werror", "-o", program, HERE / "client.c")
    assert '"result":true' in run(program, running.socket, "t:03")
    assert kept(running) == {"t:03"}


@pytest.mark.skipif(not shutil.which("socat"), reason="needs apt-get install socat")
def test_shell(running: Running) -> None:
    allow(running, "history")
    found = re.search(r"<!-- shell-client -->\n```sh\n(.+?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found
    line = found[1].replace("$SOCKET", str(running.socket))
    assert '"result":true' in run("sh", "-c", line)
    assert kept(running) == {"t:04"}
