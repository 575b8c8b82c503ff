"""The clients of the API's page, each as it stands there: Python, Node, C, and a line of shell."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from model_export.synthetic import synthetic_catalogue
from tests.api.methods.openrpc_recording import SEED
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
    assert kept(running) == {"film-0008"}


def test_python_over_the_websocket_with_token_and_rpcv2(running: Running) -> None:
    allow(running)
    endpoint = f"ws://127.0.0.1:{running.port}/?token={running.token}"
    assert run(sys.executable, HERE / "listen.py", endpoint).splitlines() == [
        "EdgeAgent.onHistoryChanged {'profile': 'main'}",
        "film-0012",  # the catalogue of this box does not hold it
    ]


def test_titles_are_those_of_a_simulated_run() -> None:
    catalogue = {title.entity_id for title in synthetic_catalogue(SEED)}
    texts = [PAGE.read_text("utf-8"), *(path.read_text("utf-8") for path in HERE.iterdir())]
    named = [set(re.findall(r"film-\d{4}", text)) for text in texts]
    assert all(named)
    assert set().union(*named) <= catalogue


def test_node(running: Running, sdks: Path) -> None:
    allow(running, "history")
    endpoint = f"ws://127.0.0.1:{running.port}/"
    assert run("node", "client.mjs", endpoint, cwd=sdks.parent).splitlines()[-1] == "true"
    assert kept(running) == {"film-0011"}


@pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler: apt-get install gcc")
def test_c(running: Running, tmp_path: Path) -> None:
    allow(running, "history")
    program = tmp_path / "client"
    run("cc", "-Wall", "-Wextra", "-Werror", "-o", program, HERE / "client.c")
    assert '"result":true' in run(program, running.socket, "film-0014")
    assert kept(running) == {"film-0014"}


@pytest.mark.skipif(not shutil.which("socat"), reason="needs apt-get install socat")
def test_shell(running: Running) -> None:
    allow(running, "history")
    found = re.search(r"<!-- shell-client -->\n```sh\n(.+?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found
    line = found[1].replace("$SOCKET", str(running.socket))
    assert '"result":true' in run("sh", "-c", line)
    assert kept(running) == {"film-0030"}
