"""The service put together as ``edgeagent serve`` does it, and the doors it opens."""

from __future__ import annotations

import asyncio
import importlib
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from edgeagent.api.endpoint import Listening, noted_port
from edgeagent.api.process.dashboard_socket import DashboardSocket, dashboard_command
from edgeagent.api.process.main import serve
from edgeagent.api.transport.connection_limiter import ConnectionLimiter
from edgeagent.api.transport.unix_server import UnixServer
from edgeagent.api.transport.websocket_server import WebSocketServer
from edgeagent.config import DEFAULT_PORT, Config
from edgeagent.errors import InputError
from edgeagent.install.debian_package import build_debian_package
from edgeagent.install.files import install_files
from edgeagent.lazy_modules import put_off
from tests.api.running import LineClient, Running, ServiceThread
from tests.install.small_wheel import needs_click_man, small_wheel

ONE_ANSWER = """
import socket, sys
listener = socket.socket(fileno=int(sys.argv[1]))
listener.setblocking(True)
connection, _ = listener.accept()
connection.sendall(connection.recv(100).upper())
connection.close()
listener.detach()
"""


def program(source: str, *, number: int) -> Sequence[str]:
    return (sys.executable, "-c", source, str(number))


def called(port: int, said: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(said)
        return client.recv(100)


def test_the_dashboard_is_there_when_called_and_again_after_it_has_gone() -> None:
    async def main() -> list[bytes]:
        listener = DashboardSocket(0, command=lambda number: program(ONE_ANSWER, number=number))
        await listener.open()
        heard = []
        for said in (b"one", b"two"):
            heard.append(await asyncio.to_thread(called, listener.port, said))
            await listener.gone()
            assert listener.process_id is None
        await listener.close()
        return heard

    assert asyncio.run(main()) == [b"ONE", b"TWO"]


def test_a_dashboard_that_fails_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        started = asyncio.Event()

        def fails(number: int) -> Sequence[str]:
            started.set()
            return program("raise SystemExit(7)", number=number)

        listener = DashboardSocket(0, command=fails)
        await listener.open()
        with socket.create_connection(("127.0.0.1", listener.port), timeout=30):
            await started.wait()
            await listener.gone()
        await listener.close()

    asyncio.run(main())
    assert "exit code 7" in caplog.text


def test_a_dashboard_that_cannot_be_started_is_excused_and_tried_again() -> None:
    async def main() -> list[bytes]:
        sources: list[str | None] = [None, ONE_ANSWER]

        def command(number: int) -> Sequence[str]:
            source = sources.pop(0)
            return ["/no/such/program"] if source is None else program(source, number=number)

        listener = DashboardSocket(0, command=command)
        await listener.open()
        heard = []
        for said in (b"one", b"two"):
            heard.append(await asyncio.to_thread(called, listener.port, said))
            await listener.gone()
        await listener.close()
        return heard

    refused, answered = asyncio.run(main())
    assert refused.startswith(b"HTTP/1.1 503 ")
    assert answered == b"TWO"


def test_without_a_file_descriptor_left_the_door_waits(caplog: pytest.LogCaptureFixture) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def main() -> None:
        listener = DashboardSocket(0, command=lambda _: (sys.executable,))
        await listener.open()
        with socket.create_connection(("127.0.0.1", listener.port), timeout=30):
            free = os.dup(0)
            os.close(free)
            resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))  # nothing opens above it
            try:
                for _ in range(100):
                    turn = asyncio.get_running_loop().create_future()
                    asyncio.get_running_loop().call_soon(turn.set_result, None)
                    await turn
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        await listener.close()

    asyncio.run(main())
    assert caplog.text.count("does not start") == 1


RUNS_ON = """
import socket, sys, threading
listener = socket.socket(fileno=int(sys.argv[1]))
listener.setblocking(True)
connection, _ = listener.accept()
connection.sendall(b"!")
threading.Event().wait()
"""


def test_a_dashboard_that_runs_ends_with_the_service() -> None:
    async def main() -> int | None:
        listener = DashboardSocket(0, command=lambda number: program(RUNS_ON, number=number))
        await listener.open()
        with socket.create_connection(("127.0.0.1", listener.port), timeout=30) as client:
            assert await asyncio.to_thread(client.recv, 1) == b"!"
            number = listener.process_id
            await listener.close()
        assert listener.process_id is None
        return number

    number = asyncio.run(main())
    assert number is not None
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_a_port_that_is_taken_is_named() -> None:
    listener = WebSocketServer(
        0,
        dispatcher=None,  # type: ignore[arg-type]  # nobody calls
        connections=ConnectionLimiter(4),
        token="",
        origins=(),
    )
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        taken = DashboardSocket(port, command=lambda _: ())
        with pytest.raises(InputError, match=str(port)):
            asyncio.run(taken.open())
        listener.port = port
        with pytest.raises(InputError, match=str(port)):
            asyncio.run(listener.open())


def test_a_socket_that_cannot_be_bound_is_named(tmp_path: Path) -> None:
    (tmp_path / "socket").mkdir()
    listener = UnixServer(
        tmp_path / "socket",
        dispatcher=None,  # type: ignore[arg-type]  # nobody calls
        connections=ConnectionLimiter(4),
        may_manage=lambda _: False,
    )
    with pytest.raises(InputError, match="in use"):
        asyncio.run(listener.open())


def test_a_path_that_is_too_long_for_a_socket_is_named_with_the_limit(tmp_path: Path) -> None:
    path = tmp_path / ("s" * 108)
    listener = UnixServer(
        path,
        dispatcher=None,  # type: ignore[arg-type]  # nobody calls
        connections=ConnectionLimiter(4),
        may_manage=lambda _: False,
    )
    with pytest.raises(InputError, match="limit of a socket's path is 107") as refused:
        asyncio.run(listener.open())
    assert "--socket" in refused.value.hint


def test_the_running_service_leaves_word_of_its_port(services: ServiceThread) -> None:
    running = services.start()
    directory = running.socket.parent
    assert noted_port(directory) == running.port != DEFAULT_PORT
    services.stop()
    assert noted_port(directory) is None


def test_the_dashboard_is_started_with_its_socket_and_language(tmp_path: Path) -> None:
    command = dashboard_command(tmp_path / "socket", "de")(5)
    assert command[-6:] == ("--socket", str(tmp_path / "socket"), "--language", "de", "--fd", "5")


@pytest.fixture
def patient() -> Iterator[None]:
    """Serving changes how the whole process takes turns."""
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("patient")
def test_a_home_is_served_until_sigterm(tmp_path: Path) -> None:
    path = tmp_path / "run" / "socket"
    told: list[object] = []
    opened: list[Listening] = []

    def talk() -> None:
        while not path.exists():
            pass
        while not told:
            with suppress(OSError), LineClient(path) as client:
                client.result("EdgeAgent.grant", {"purpose": "history"})
                confirm = client.result("EdgeAgent.erase", {"scope": "all"})["confirm"]
                told.append(client.result("EdgeAgent.erase", {"scope": "all", "confirm": confirm}))
        os.kill(os.getpid(), signal.SIGTERM)

    talking = threading.Thread(target=talk)
    talking.start()
    serve(
        tmp_path / "home",
        config=Config(),
        config_file=None,
        wanted=Listening(socket=path, websocket_port=None, dashboard_port=0),
        environment={},
        opened=opened.append,
    )
    talking.join()
    assert told
    assert not path.exists()
    (listening,) = opened
    assert (listening.socket, listening.websocket_port) == (path, None)
    assert listening.dashboard_port
    assert noted_port(path.parent, of="dashboard") is None  # not any more


def test_one_call_that_breaks_ends_nothing_and_tells_nothing(
    services: ServiceThread, caplog: pytest.LogCaptureFixture
) -> None:
    running: Running = services.start()
    running.box.clock.now = lambda: "no number"  # type: ignore[method-assign, assignment, return-value]
    with running.websocket() as client:
        error = client.error("Discovery.watched", {"entityId": "secret:1"})
        assert (error["code"], error["message"]) == (-32603, "internal error")
        assert client.result("Profile.flags") == {}
    del running.box.clock.now
    assert "Discovery.watched failed: TypeError" in caplog.text
    assert "secret" not in caplog.text


def test_a_module_that_is_put_off_is_there_when_it_is_used() -> None:
    name = "edgeagent.testing.suites"
    for loaded in ("colorsys", name):
        sys.modules.pop(loaded, None)
    put_off("colorsys", "json")
    later = sys.modules["colorsys"]
    assert not hasattr(later, "__file__")
    assert sys.modules["json"] is importlib.import_module("json")  # loaded ones stay
    assert later.rgb_to_hsv
    assert sys.modules["colorsys"] is not later
    assert later.hsv_to_rgb
    put_off("importlib.simple")
    assert importlib.import_module("importlib.simple").SimpleReader


def test_what_is_installed_is_listed() -> None:
    assert {path.name for path in install_files()} >= {"edgeagent.service", "config.toml"}


@needs_click_man
def test_a_package_is_built_from_a_wheel(tmp_path: Path) -> None:
    wheel = small_wheel(tmp_path, extra="service", program="edgeagent")
    package = build_debian_package(wheel, tmp_path / "out")
    assert package.read_bytes().startswith(b"!<arch>\ndebian-binary")
