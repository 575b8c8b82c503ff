"""The real server on the life's own clock, and who publishes into its repository."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import uvicorn

from edgeagent.clock import Clock, quarter_of, week_of
from edgeagent.messages import ReportTask
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.creatives import picture_of, some_catalogue, some_creative
from model_export.heads.trained_model import TrainedModel
from model_export.log import WatchLog
from model_export.publishing.artefacts import export
from model_export.synthetic import synthetic_panel
from model_export.train import train
from server_stub.distribution.creatives import PackedCreatives, publish_creatives
from server_stub.distribution.operator import Operator
from server_stub.distribution.publish import publish
from server_stub.distribution.published_tasks import published_tasks
from server_stub.distribution.renewal import refresh
from server_stub.ingest.admission import Admission
from server_stub.ingest.app import create_app
from server_stub.ingest.group_commit import Ingest
from server_stub.ingest.serving import listen, make_server
from server_stub.ingest.store import ReportStore
from tests.server_stub.loopback import idle

_LIFETIME_DAYS = 90
"""Of every signature: longer than any outage of a life, shorter than a life."""
_SEEDS = (7, 8)
"""Two models of one panel, which take turns, so that an update is an update."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What all lives are published, whatever their seed."""

    log: WatchLog
    models: tuple[TrainedModel, ...]

    @classmethod
    def small(cls) -> Trained:
        """Train; a few seconds."""
        log = synthetic_panel(7, households=120, weeks=20, titles=300)
        models = (train(log, seed=seed, segments=16, dimension=32) for seed in _SEEDS)
        return cls(log, tuple(models))


class Press:
    """Publishes one model or the other, with the task of the present quarter."""

    def __init__(self, directory: Path, clock: FakeClock, trained: Trained) -> None:
        self.repository, self._keys = directory / "repository", directory / "keys"
        self.clock, self.log, self._models = clock, trained.log, trained.models
        self._turn = 0
        self.tasks: dict[str, ReportTask] = {}
        """Every task that was ever published, by name."""

    def publish(self, *, another_model: bool) -> None:
        """Publish; the task is about the quarter in which this week begins."""
        self._turn += another_model
        now = self.clock.now()
        model = self._models[self._turn % len(self._models)]
        artefacts = export(model, self.log, now=now)
        quarter = quarter_of(week_of(now))
        task = msgspec.structs.replace(artefacts.task, epoch=quarter)
        published = publish(self._operator(), replace(artefacts, task=task))
        self.tasks[published.name] = published

    def publish_promos(self, number: int) -> None:
        """Publish two creatives in the place of those before."""
        now = self.clock.now()
        names = [f"promo-{number}-{which}" for which in ("a", "b")]
        catalogue = some_catalogue(*(some_creative(name, starts_at=now) for name in names))
        catalogue = msgspec.structs.replace(catalogue, issued_at=now)
        files = {one.asset.path: picture_of(one.crid) for one in catalogue.creatives}
        publish_creatives(self._operator(), PackedCreatives(catalogue=catalogue, files=files))

    def sign(self) -> None:
        """Sign the timestamp again, as every day."""
        refresh(self._operator())

    def _operator(self) -> Operator:
        now = self.clock.now()
        return Operator.without_passphrase(
            self.repository, self._keys, now=now, lifetime_days=_LIFETIME_DAYS
        )


class SoakServer:
    """Serves the repository and takes reports, always at the same port; can be down."""

    def __init__(self, repository: Path, store: Path, clock: Clock) -> None:
        self._repository, self.store, self._clock = repository, store, clock
        with listen("127.0.0.1", 0) as listener:
            self._port = listener.getsockname()[1]
        self._end = ExitStack()
        self.is_up = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Serve, with the tasks that are published now."""
        self.stop()
        stack = self._end
        store = stack.enter_context(closing(ReportStore(self.store)))
        listener = stack.enter_context(listen("127.0.0.1", self._port))
        admission = Admission(published_tasks(self._repository), clock=self._clock)
        server = make_server(
            create_app(
                repository=self._repository,
                admission=admission,
                ingest=Ingest(store),
                answered=lambda _status, _week: None,
                chores=idle,
            )
        )
        self._run(server, listener)
        self.is_up = True

    def drip(self) -> None:
        """Answer every request with a few bytes of an answer, and hang up."""
        self.stop()
        listener = self._end.enter_context(listen("127.0.0.1", self._port))
        over = threading.Event()
        listener.settimeout(0.1)

        def serve() -> None:
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(5)
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\nx")

        thread = threading.Thread(target=serve, name="drip")
        self._end.callback(thread.join)
        self._end.callback(over.set)
        thread.start()

    def stop(self) -> None:
        self._end.close()
        self.is_up = False

    def _run(self, server: uvicorn.Server, listener: socket.socket) -> None:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="server")
        thread.start()

        def end() -> None:
            server.should_exit = True
            thread.join()

        self._end.callback(end)
