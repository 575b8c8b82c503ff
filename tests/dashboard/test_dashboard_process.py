"""The dashboard comes with the first request and goes when nobody uses it."""

from __future__ import annotations

import asyncio
import http.client
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from edgeagent.api.endpoint import note_port
from edgeagent.api.process.dashboard_socket import DashboardSocket, dashboard_command
from edgeagent.cli.root import cli
from edgeagent.dashboard.__main__ import main
from edgeagent.dashboard.box_client import BoxClient
from edgeagent.dashboard.idle import IDLE_SECONDS, Idle
from edgeagent.dashboard.session import read_secret
from edgeagent.errors import InputError, NetworkError
from edgeagent.messages.answers.status import ModelShape, UpdateShape
from tests.api.running import Running
from tests.dashboard.serving import Serving, Stopwatch

NO_MODEL = ModelShape(
    model_version=None,
    head=None,
    trained_at=None,
    space_id=None,
    segments=None,
    previous_version=None,
    checked_at=None,
    task=None,
    model_stopped=False,
    task_stopped=False,
    rollout=None,
    releases=None,
    conflict=None,
)
UPDATE = UpdateShape(changed=True, model=NO_MODEL)


def ask(port: int, path: str = "/") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={"Host": f"127.0.0.1:{port}"})
        return connection.getresponse().status
    finally:
        connection.close()


def test_idle_is_five_minutes_without_a_request() -> None:
    stopwatch = Stopwatch()
    idle = Idle(stopwatch, limit_seconds=IDLE_SECONDS)
    stopwatch.seconds = 299
    assert idle.remaining_seconds() == 1
    idle.touch()
    assert idle.remaining_seconds() == IDLE_SECONDS == 300
    stopwatch.seconds += 300
    assert idle.remaining_seconds() == 0


def test_the_process_goes_after_five_idle_minutes_and_not_before(serving: Serving) -> None:
    serving.stopwatch.seconds += IDLE_SECONDS - 1
    assert serving.get("/kept").status == 200
    serving.stopwatch.seconds += IDLE_SECONDS - 1
    serving.thread.join(1.5)
    assert serving.thread.is_alive()
    serving.stopwatch.seconds += 1
    serving.thread.join(30)
    assert not serving.thread.is_alive()


def test_whoever_waits_for_an_answer_is_not_idle() -> None:
    stopwatch = Stopwatch()
    idle = Idle(stopwatch, limit_seconds=IDLE_SECONDS)
    with idle.serving():
        with idle.serving():
            stopwatch.seconds = 1000
        stopwatch.seconds = 2000
        assert idle.remaining_seconds() == IDLE_SECONDS
    assert idle.remaining_seconds() == IDLE_SECONDS
    stopwatch.seconds += IDLE_SECONDS
    assert idle.remaining_seconds() == 0


def test_an_answer_that_takes_longer_than_idle_minutes_arrives(
    running: Running, tmp_path: Path
) -> None:
    (tmp_path / "token").write_bytes(read_secret(running.socket))
    with socket.socket(socket.AF_UNIX) as slow:
        slow.bind(str(tmp_path / "socket"))
        slow.listen()
        slow.settimeout(30)
        serving = Serving(tmp_path / "socket", running.box.clock)
        serving.enter()
        answers: list[int] = []
        browser = threading.Thread(
            target=lambda: answers.append(serving.post("/model/update").status)
        )
        browser.start()
        box, _ = slow.accept()
        with box, box.makefile("rb") as lines:
            lines.readline()
            serving.stopwatch.seconds += 3 * IDLE_SECONDS
            assert serving.idle.remaining_seconds() == IDLE_SECONDS
            box.sendall(b'{"jsonrpc":"2.0","id":1,"result":%b}\n' % msgspec.json.encode(UPDATE))
            browser.join(30)
    serving.stop()
    assert answers == [303]


def test_strangers_do_not_keep_it_awake(serving: Serving) -> None:
    serving.stopwatch.seconds += IDLE_SECONDS - 1
    serving.cookies.clear()
    assert serving.get("/").status == 403
    assert serving.get("/static/dashboard.css").status == 200
    serving.stopwatch.seconds += 1
    serving.thread.join(30)
    assert not serving.thread.is_alive()


class Counting:
    """The dashboard's command line, counted, with little patience."""

    def __init__(self, path: Path, idle_seconds: str = "0.2") -> None:
        self._command = dashboard_command(path, "en")
        self._idle_seconds = idle_seconds
        self.starts = 0

    def __call__(self, number: int) -> Sequence[str]:
        self.starts += 1
        return (*self._command(number), "--idle-seconds", self._idle_seconds)


def test_the_first_request_starts_it_and_so_does_one_after_it_has_gone(running: Running) -> None:
    async def live() -> int:
        command = Counting(running.socket)
        door = DashboardSocket(0, command=command)
        await door.open()
        assert command.starts == 0
        try:
            for start in (1, 2):
                assert await asyncio.to_thread(ask, door.port) == 403
                assert command.starts >= start
                await door.gone()
        finally:
            await door.close()
        return command.starts

    assert asyncio.run(live()) >= 2


def test_it_ends_with_the_service(running: Running) -> None:
    async def live() -> int:
        door = DashboardSocket(0, command=Counting(running.socket, "300"))
        await door.open()
        assert await asyncio.to_thread(ask, door.port, "/open") == 403
        await door.close()
        return door.port

    port = asyncio.run(live())
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_one_that_fails_is_not_started_over_and_over() -> None:
    starts: list[int] = []
    started = asyncio.Event()

    def failing(number: int) -> Sequence[str]:
        starts.append(number)
        started.set()
        return (sys.executable, "-c", "raise SystemExit(3)")

    async def live() -> None:
        door = DashboardSocket(0, command=failing)
        await door.open()
        with socket.create_connection(("127.0.0.1", door.port)):
            await started.wait()
            await door.gone()
            assert await asyncio.to_thread(_waits, door.port)
        await door.close()

    asyncio.run(live())
    assert len(starts) == 1


def _waits(port: int) -> bool:
    """Say whether a connection is taken and left waiting, rather than refused or served."""
    with socket.create_connection(("127.0.0.1", port), timeout=0.5) as connection:
        try:
            return not connection.recv(1)
        except TimeoutError:
            return True


def test_a_taken_port_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        door = DashboardSocket(taken.getsockname()[1], command=lambda _: ())
        with pytest.raises(InputError, match="in use"):
            asyncio.run(door.open())


def test_without_a_service_it_does_not_start(tmp_path: Path) -> None:
    assert main(["--socket", str(tmp_path / "socket"), "--port", "0"]) == NetworkError.exit_code


def test_it_serves_a_port_of_its_own(running: Running) -> None:
    assert main(["--socket", str(running.socket), "--port", "0", "--idle-seconds", "0"]) == 0


def test_the_command_prints_a_link_that_opens(serving: Serving, running: Running) -> None:
    options = ["dashboard", "--port", str(serving.port), "--socket", str(running.socket)]
    printed = CliRunner().invoke(cli, [*options, "--json"])
    assert printed.exit_code == 0, printed.output
    assert '"valid_seconds":600' in printed.output
    assert CliRunner().invoke(cli, options).output.startswith(f"{serving.origin}/open?key=")
    note_port(running.socket.parent, serving.port, of="dashboard")
    found = CliRunner().invoke(cli, ["dashboard", "--socket", str(running.socket)])
    assert found.output.startswith(f"{serving.origin}/open?key=")


def test_the_command_says_what_is_missing(running: Running, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    options = ["dashboard", "--port", port, "--socket"]
    nobody = CliRunner().invoke(cli, [*options, str(running.socket)])
    assert (nobody.exit_code, "--dashboard-port" in nobody.output) == (7, True)
    unstarted = CliRunner().invoke(cli, [*options, str(tmp_path / "socket")])
    assert (unstarted.exit_code, "edgeagent serve" in unstarted.output) == (7, True)


def test_an_answer_of_another_release_is_not_taken_for_one_of_ours(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b'{"jsonrpc":"2.0","id":1,"result":{"changed":true}}\n')
        writer.close()

    async def ask_for_update() -> UpdateShape:
        path = tmp_path / "socket"
        async with await asyncio.start_unix_server(answer, path), BoxClient(path) as box:
            return await box.ask("updateModel", UpdateShape)

    with pytest.raises(NetworkError, match=r"another release: .* required field `model`"):
        asyncio.run(ask_for_update())
