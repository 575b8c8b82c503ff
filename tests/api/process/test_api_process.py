"""The resident process from outside: what it loads, its messages to systemd, how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from edgeagent.agent import Agent
from tests.api.running import LineClient

MUST_NOT_LOAD = {
    "jinja2",
    "numpy",
    "onnxruntime",
    "server_stub",
    "model_export",
    "lzma",
    "shutil",
    "sqlite3",
    "sqlite_utils",
    "starlette",
    "tuf",
    "unicodedata",
    "urllib3",
    "uvicorn",
}
PROGRAM = """
import atexit, pathlib, sys
from edgeagent.cli import main
atexit.register(lambda: pathlib.Path(sys.argv[2], "modules").write_text(" ".join(sys.modules)))
main()
"""


class Process:
    """``edgeagent serve`` under a test that plays systemd."""

    def __init__(self, directory: Path, *, watchdog_milliseconds: int | None = None) -> None:
        self.home, self.socket = directory / "home", directory / "run" / "socket"
        self._notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notices.bind(str(directory / "notify"))
        environment = os.environ | {
            "NOTIFY_SOCKET": str(directory / "notify"),
            "XDG_RUNTIME_DIR": str(directory),
        }
        if watchdog_milliseconds is not None:
            environment["WATCHDOG_USEC"] = str(1000 * watchdog_milliseconds)
        command = ["--home", str(self.home), "serve", "--ws-port", "0", "--socket"]
        self.log = directory / "log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, *command, str(self.socket)],
                env=environment,
                stderr=log,
            )

    def notice(self, *, timeout_seconds: float = 60) -> str:
        """Return what the service manager hears next, but for what it is only to show."""
        self._notices.settimeout(timeout_seconds)
        while (heard := self._notices.recv(4096).decode()).startswith("STATUS="):
            pass
        return heard

    def notices_until_silence(self, *, seconds: float) -> int:
        heard = 0
        with suppress(TimeoutError):
            while self.notice(timeout_seconds=seconds):
                heard += 1
        return heard

    def wait_until_ready(self) -> LineClient:
        while not self.notice().startswith("READY=1"):
            pass
        return LineClient(self.socket)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def close(self) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        self._notices.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    processes: list[Process] = []

    def begin(name: str = "one", **options: int) -> Process:
        (tmp_path / name).mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            (tmp_path / name / "notify").unlink()
        processes.append(Process(tmp_path / name, **options))
        return processes[-1]

    yield begin
    for process in processes:
        process.close()


def test_it_says_when_it_is_ready_and_when_it_ends(start: Any) -> None:  # noqa: ANN401
    process = start()
    with process.wait_until_ready() as client:
        assert client.result("EdgeAgent.status")["problems"] == []
        assert process.end() == 0
    assert process.notice() == "STOPPING=1"
    assert not process.socket.exists()


@pytest.mark.deep
def test_it_never_loads_what_it_does_not_need(start: Any) -> None:  # noqa: ANN401
    process = start()
    with process.wait_until_ready() as client:
        for purpose in ("history", "personalization", "reporting"):
            client.result("EdgeAgent.grant", {"purpose": purpose})
        client.result("Discovery.watched", {"entityId": "m:1"})
        client.error("EdgeAgent.recommend")
        client.error("EdgeAgent.updateModel")
        for read in ("history", "disclosures", "nextReport", "budget", "assessment", "export"):
            client.result(f"EdgeAgent.{read}")
        confirm = client.result("EdgeAgent.erase", {"scope": "all"})["confirm"]
        receipt = client.result("EdgeAgent.erase", {"scope": "all", "confirm": confirm})["receipt"]
        assert receipt["keyEncryptionKeyDestroyed"]
        assert client.result("EdgeAgent.status")["viewings"] == 0
    process.end()
    loaded = {name.partition(".")[0] for name in (process.home / "modules").read_text().split()}
    assert {"edgeagent", "websockets", "sqlcipher3"} <= loaded
    assert not loaded & MUST_NOT_LOAD


def test_the_watchdog_notices_a_process_that_stands_still(start: Any) -> None:  # noqa: ANN401
    process = start(watchdog_milliseconds=1000)
    process.wait_until_ready().close()
    assert [process.notice(), process.notice()] == ["WATCHDOG=1"] * 2
    process.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.process.pid, os.WSTOPPED | os.WNOWAIT)
    heard = process.notices_until_silence(seconds=2)  # twice what systemd would wait
    assert heard <= 2  # what was on its way
    process.process.send_signal(signal.SIGCONT)
    assert process.notice() == "WATCHDOG=1"


def test_a_kill_in_the_middle_of_calls_loses_nothing_acknowledged(start: Any) -> None:  # noqa: ANN401
    process = start()
    with process.wait_until_ready() as client:
        client.result("EdgeAgent.grant", {"purpose": "history"})
        for number in range(300):  # more than it can answer before it is killed
            call = {"jsonrpc": "2.0", "id": number, "method": "Discovery.watched"}
            client.send(json.dumps(call | {"params": {"entityId": f"k:{number}"}}).encode())
        acknowledged: list[int] = []
        while len(acknowledged) < 25:
            answer = client.receive()
            assert answer["result"] is True
            acknowledged.append(answer["id"])
        process.process.kill()
        process.process.wait()
        with suppress(ConnectionError):
            while answer := client.receive():
                acknowledged.append(answer["id"])
    with Agent.open(process.home) as agent:
        kept = {item.viewing.entity_id for item in agent._home.history.kept("main")}
    assert {f"k:{number}" for number in acknowledged} <= kept
    again = start()
    with again.wait_until_ready() as client:
        assert client.result("EdgeAgent.history", {"limit": 500})["count"] >= len(acknowledged)


def test_the_log_holds_nothing_of_what_was_watched(start: Any) -> None:  # noqa: ANN401
    process, secret = start(), "canary:7f3a"
    with process.wait_until_ready() as client:
        client.error("Discovery.watched", {"entityId": secret})
        client.result("EdgeAgent.grant", {"purpose": "history"})
        client.result("Discovery.watched", {"entityId": secret})
        client.error(secret, {"entityId": secret})
        client.error("EdgeAgent.explain", {"entityId": secret})
        client.error("Discovery.watched", {"entityId": secret, "watchedOn": secret})
        client.send(secret.encode())
        client.receive()
    process.end()
    text = process.log.read_text()
    assert "serving" in text
    assert secret not in text


def test_a_second_service_of_the_same_socket_is_turned_away(start: Any) -> None:  # noqa: ANN401
    process = start()
    process.wait_until_ready().close()
    command = ["--home", str(process.home), "serve", "--no-ws", "--socket", str(process.socket)]
    second = subprocess.run(
        [sys.executable, "-m", "edgeagent", *command],
        capture_output=True,
        check=False,
        text=True,
    )
    assert second.returncode == 3
    assert "another edgeagent serves" in second.stderr
    with LineClient(process.socket) as client:
        assert client.result("EdgeAgent.status")
