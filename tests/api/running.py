"""A service in a thread, over a real box with a fake clock, and clients that speak to it."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

from edgeagent.api.call import Outside
from edgeagent.api.endpoint import read_token
from edgeagent.api.process.sd_notify import Notifier
from edgeagent.api.process.service import Service, Settings
from edgeagent.api.schedule import Conditions
from edgeagent.api.transport.answer_grid import TimeSource
from edgeagent.api.transport.unix_server import Peer
from edgeagent.clock import DAY_SECONDS, Clock, week_of
from edgeagent.config import Config
from edgeagent.messages.fields import ErasureReason
from edgeagent.messages.report import REPORT_BYTES
from edgeagent.services.upkeep.box_erasure import erase_box
from edgeagent.services.upkeep.erasure import ErasureReceipt
from edgeagent.services.upkeep.key_management import configured_provider
from edgeagent.testing.agent_box import AgentBox
from edgeagent.testing.randomness import SeededRandomSource

Answer = dict[str, Any]


class Leaping:
    """Time for the pace of answers: waiting for a moment sets the time to it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    async def until(self, moment: float) -> None:
        self.seconds = max(self.seconds, moment)


class InProcess:
    """Jobs that need no process and no server."""

    def __init__(self, box: AgentBox) -> None:
        self._box = box
        self.done: list[str] = []
        self.moments: list[float | None] = []
        self.fails: Exception | None = None

    def fetch_update(self, moment: float | None = None) -> None:
        self._note("fetch", moment)
        with self._box.open() as agent:
            until = self._box.clock.now() + 300 * DAY_SECONDS
            self._box.models(agent, vouched_until=until).fetch()

    def send_reports(self, moment: float | None = None) -> None:
        self._note("send", moment)
        with self._box.open() as agent:
            agent.send_reports()

    def call_off(self) -> None:
        self.done.append("called off")

    def close(self) -> None:
        self.done.append("closed")

    def _note(self, job: str, moment: float | None) -> None:
        self.done.append(job)
        self.moments.append(moment)
        if self.fails is not None:
            raise self.fails


def quiet(clock: Clock, **changes: object) -> Callable[[], Conditions]:
    """Nobody watches, nothing is hot, and the network is free."""

    def look() -> Conditions:
        fields: dict[str, Any] = {
            "now": clock.now(),
            "minute_of_day": 180,
            "boot_seconds": clock.boot_seconds(),
            "awake_seconds": 1e6,
            "standby": True,
            "metered": False,
            "load_fraction": 0.0,
            "celsius": 40.0,
        }
        return Conditions(**(fields | changes))

    return look


class Client:
    """Asks one thing after the other."""

    def __init__(self) -> None:
        self._last = 0

    def send(self, data: bytes) -> None:
        raise NotImplementedError

    def receive(self) -> Any:  # noqa: ANN401  (any JSON)
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def ask(self, method: str, params: object = None) -> Answer:
        self._last += 1
        request: dict[str, object] = {"jsonrpc": "2.0", "id": self._last, "method": method}
        if params is not None:
            request["params"] = params
        self.send(json.dumps(request).encode())
        answer: Answer = self.receive()
        assert answer.get("id") == self._last, answer
        return answer

    def result(self, method: str, params: object = None) -> Any:  # noqa: ANN401  (any JSON)
        answer = self.ask(method, params)
        assert "result" in answer, answer
        return answer["result"]

    def error(self, method: str, params: object = None) -> Answer:
        answer = self.ask(method, params)
        assert "error" in answer, answer
        error: Answer = answer["error"]
        return error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class LineClient(Client):
    """A program that speaks lines of JSON over the unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        try:
            self.socket.connect(str(path))
        except OSError:  # bound, and not yet listening
            self.socket.close()
            raise
        self._file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data + b"\n")

    def receive(self) -> Any:  # noqa: ANN401  (any JSON)
        line = self._file.readline()
        return json.loads(line) if line else None

    def close(self) -> None:
        self._file.close()
        self.socket.close()


class WebSocketClient(Client):
    """A program that speaks JSON over a WebSocket."""

    def __init__(self, address: str, **options: Any) -> None:
        super().__init__()
        self._opened = ExitStack()
        self.connection: ClientConnection = self._opened.enter_context(connect(address, **options))

    def send(self, data: bytes) -> None:
        self.connection.send(data.decode())

    def receive(self) -> Any:  # noqa: ANN401  (any JSON)
        return json.loads(self.connection.recv(30))

    def close(self) -> None:
        self._opened.close()


@dataclass(kw_only=True)
class Running:
    """One service, and how to reach it."""

    box: AgentBox
    socket: Path
    service: Service
    managing: list[bool] = field(default_factory=lambda: [True])
    """Whether the next peer on the unix socket may manage."""
    time: Leaping = field(default_factory=Leaping)
    """By which apps are answered."""

    @property
    def port(self) -> int:
        assert self.service.websocket_port is not None
        return self.service.websocket_port

    @property
    def token(self) -> str:
        return read_token(self.socket.parent)

    def line(self, *, manage: bool = True) -> LineClient:
        self.managing[0] = manage
        client = LineClient(self.socket)
        client.result("Discovery.policy")  # who it is has been looked at
        return client

    def websocket(self, query: str = "", **options: Any) -> WebSocketClient:
        return WebSocketClient(f"ws://127.0.0.1:{self.port}/{query}", **options)


class ServiceThread:
    """Runs services, each in a thread of its own, and ends them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._ends: list[tuple[asyncio.AbstractEventLoop, Service, threading.Thread]] = []

    def start(
        self,
        *,
        name: str = "box",
        config: Config | None = None,
        box: AgentBox | None = None,
        jobs: InProcess | None = None,
        time: TimeSource | None = None,
    ) -> Running:
        """Start a service; unless ``time`` is given, apps do not wait for their slots."""
        if box is None:
            box = AgentBox(
                directory=self._directory / name, runtime_directory=self._directory / f"{name}-run"
            )
        if config is not None:
            box.config = config
        managing, leaping = [True], Leaping()

        def erase(reason: ErasureReason) -> ErasureReceipt:
            provider = configured_provider(box.directory, box.config)
            return erase_box(box.directory, provider=provider, reason=reason, now=box.clock.now())

        def may_manage(peer: Peer) -> bool:
            del peer
            return managing[0]

        outside = Outside(
            open_agent=box.open,
            erase_box=erase,
            jobs=jobs or InProcess(box),
            look=quiet(box.clock, awake_seconds=0.0),  # housekeeping has tests of its own
            clock=box.clock,
        )
        settings = Settings(
            socket=self._directory / f"{name}-socket" / "socket",
            websocket_port=0,
            may_manage=may_manage,
            config=box.config,
            random=SeededRandomSource("service"),
            notifier=Notifier({}),
            time=time or leaping,
        )
        service = self._run(outside, settings)
        return Running(
            box=box, socket=settings.socket, service=service, managing=managing, time=leaping
        )

    def _run(self, outside: Outside, settings: Settings) -> Service:
        opened = threading.Event()
        started: list[tuple[asyncio.AbstractEventLoop, Service]] = []

        async def main() -> None:
            service = Service(outside, settings)
            started.append((asyncio.get_running_loop(), service))
            await service.run(opened=opened.set)

        thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
        thread.start()
        assert opened.wait(30), "the service did not open"
        loop, service = started[0]
        self._ends.append((loop, service, thread))
        return service

    def stop(self) -> None:
        while self._ends:
            loop, service, thread = self._ends.pop()
            loop.call_soon_threadsafe(service.stop)
            thread.join(30)
            assert not thread.is_alive()


def let_report_wait(box: AgentBox) -> None:
    """Let a report wait that is due, as another process may have drawn it."""
    now = box.clock.now()
    with box.open() as agent:
        agent._home.ledger.book(
            week=week_of(now) - 1,
            odds=Fraction(3),
            report_id="0" * 32,
            task="any",
            body=b"{}".ljust(REPORT_BYTES),
            drawn_at=now,
            due_at=now,
            recipient="https://scripted.example",
            meaning="",
            still=lambda: True,
        )
