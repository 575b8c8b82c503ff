"""A dashboard in a thread, in front of a real service, with clocks that the test moves."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from edgeagent.clock import Clock
from edgeagent.dashboard.app import Dashboard
from edgeagent.dashboard.idle import IDLE_SECONDS, Idle
from edgeagent.dashboard.request_checks import COOKIE
from edgeagent.dashboard.server import serve
from edgeagent.dashboard.session import Sessions, read_secret
from edgeagent.testing.randomness import SeededRandomSource


@dataclass
class Stopwatch:
    """Seconds that pass when the test says so."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()
    """What the browser is to keep, as it was sent."""

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Serving:
    """One dashboard."""

    socket_path: Path
    clock: Clock
    language: str = "en"
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sessions = self.make_sessions()
        self.idle = Idle(self.stopwatch, limit_seconds=IDLE_SECONDS)
        self._dashboard = Dashboard(
            socket=self.socket_path,
            language=self.language,
            sessions=self.sessions,
            idle=self.idle,
            random=SeededRandomSource("examples"),
        )
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def make_sessions(self) -> Sessions:
        return Sessions(
            read_secret(self.socket_path),
            clock=self.clock,
            random=SeededRandomSource("dashboard"),
        )

    def _run(self) -> None:
        asyncio.run(serve(self._dashboard, self._listening))

    def stop(self) -> None:
        self.stopwatch.seconds += IDLE_SECONDS + 1
        self.thread.join(30)
        assert not self.thread.is_alive()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def link(self) -> str:
        return f"{self.origin}/open?key={self.sessions.link_key()}"

    def enter(self) -> None:
        """Take a session, as a browser would that followed a link."""
        answer = self.get(self.link().removeprefix(self.origin))
        assert answer.status == 200, answer.text
        self.cookies[COOKIE] = answer.headers["set-cookie"].split(";")[0].partition("=")[2]

    def form_key(self) -> str:
        session = self.sessions.find(self.cookies[COOKIE])
        assert session is not None
        return self.sessions.form_key(session)

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, headers=headers)

    def post(self, path: str, **fields: str) -> Answer:
        """Post a form as one of our own pages would."""
        body = urlencode({"form_key": self.form_key()} | fields).encode()
        return self.request("POST", path, body=body, headers={"Origin": self.origin})

    def request(
        self, method: str, path: str, *, body: bytes | None = None, headers: dict[str, str]
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        all_headers = {"Cookie": jar} if jar else {}
        try:
            connection.request(method, path, body=body, headers=all_headers | headers)
            response = connection.getresponse()
            return Answer(
                status=response.status,
                headers={name.lower(): value for name, value in response.getheaders()},
                body=response.read(),
                cookies=tuple(response.headers.get_all("Set-Cookie", ())),
            )
        finally:
            connection.close()
