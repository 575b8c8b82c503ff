"""One real service of one home on an injected clock, whose own work is done when it is told to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from edgeagent.agent import Agent, Environment
from edgeagent.api.call import Outside, ServiceState
from edgeagent.api.process.housekeeper import Housekeeper
from edgeagent.api.process.network_scheduler import NetworkScheduler
from edgeagent.api.process.sd_notify import Notifier
from edgeagent.api.process.service import Service, Settings
from edgeagent.api.process.timetable import LEAD_SECONDS
from edgeagent.api.process.week_closer import Closer
from edgeagent.api.schedule import Schedule
from edgeagent.api.transport.subscriptions import Subscriptions
from edgeagent.api.worker_threads import WorkerThreads
from edgeagent.config import Config
from edgeagent.errors import PolicyError
from edgeagent.messages.fields import ErasureReason
from edgeagent.scoring.resident import ResidentScorer
from edgeagent.services.upkeep.erasure import ErasureReceipt
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.randomness import SeededRandomSource
from tests.api.running import Leaping, LineClient, quiet

T = TypeVar("T")
_MOST_SECONDS = 120
"""Real time after which a call counts as hung, on the slowest machine."""


@dataclass(kw_only=True)
class SoakBox:
    """A home and everything around it; also the jobs on the network, without their processes."""

    home: Path
    runtime: Path
    clock: FakeClock
    config: Config
    random: SeededRandomSource

    def open(self, *, network_only: bool = False) -> Agent:
        self.runtime.mkdir(exist_ok=True)
        environment = Environment(
            clock=self.clock,
            random=self.random,
            make_scorer=ResidentScorer,
            runtime_directory=self.runtime,
            network_only=network_only,
            simulated=True,
        )
        return Agent.open(self.home, config=self.config, environment=environment)

    def fetch_update(self, moment: float | None = None) -> None:
        del moment  # of the real time in which nothing waits here
        with self.open(network_only=True) as agent:
            agent.models.fetch()

    def send_reports(self, moment: float | None = None) -> None:
        del moment
        with self.open(network_only=True) as agent:
            agent.send_reports()

    def call_off(self) -> None:
        """No job runs longer than the call that began it."""

    def close(self) -> None:
        """The same."""


class DrivenService(Service):
    """The real service; timers of hours would take hours, so its work waits to be called."""

    def _work(
        self, state: ServiceState, threads: WorkerThreads, subscriptions: Subscriptions
    ) -> Iterator[Coroutine[Any, Any, None]]:
        self.state, self.threads = state, threads
        random, look = self._settings.random, self._outside.look
        self._keeper = Housekeeper(
            state,
            threads=threads,
            subscriptions=subscriptions,
            schedule=Schedule(state.config.service),
            look=look,
            status=lambda _: None,
        )
        self._network = NetworkScheduler(
            state,
            threads=threads,
            subscriptions=subscriptions,
            random=random,
            fetched=self._keeper.wake,
        )
        self._closer = Closer(
            state, threads=threads, subscriptions=subscriptions, random=random, pause=self._counted
        )
        return iter(())

    async def turn(self) -> None:
        """Do what the timers would at this moment."""
        moment = int(self._outside.clock.boot_seconds()) + LEAD_SECONDS + 1
        await self._network.fetch(moment)
        await self._keeper.round()
        await self._closer.close(moment)
        await self._network.send(moment)
        await self._keeper.round()

    async def _counted(self, seconds: float) -> None:
        """Return when the week is counted: it has the slow thread until then."""
        await self.threads.run("slow", lambda: None)
        clock = self._outside.clock
        if isinstance(clock, FakeClock):
            clock.advance(int(seconds))


class RunningBox:
    """A service that is started, asked, stopped and started again."""

    def __init__(self, box: SoakBox) -> None:
        self.box = box
        self.service: DrivenService
        self._managing = [True]
        self._loop: asyncio.AbstractEventLoop
        self._thread: threading.Thread | None = None
        self._manager: LineClient
        self._app: LineClient

    def start(self) -> None:
        opened, failed = threading.Event(), list[BaseException]()

        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            self.service = DrivenService(self._outside(), self._settings())
            await self.service.run(opened=opened.set)

        def serve() -> None:
            try:
                asyncio.run(main())
            except BaseException as error:  # noqa: BLE001  (raised again where it is seen)
                failed.append(error)
            finally:
                opened.set()

        self._thread = threading.Thread(target=serve, name="service")
        self._thread.start()
        opened.wait(_MOST_SECONDS)
        if failed:
            raise failed[0]
        self.connect()

    def connect(self) -> None:
        """Connect a home screen and an app."""
        self._manager, self._app = self._client(manage=True), self._client(manage=False)

    def disconnect(self) -> None:
        self._manager.close()
        self._app.close()

    def stop(self) -> None:
        if self._thread is None:
            return
        self.disconnect()
        self._loop.call_soon_threadsafe(self.service.stop)
        self._thread.join(_MOST_SECONDS)
        self._thread = None

    def manager(self, method: str, **params: object) -> Any:  # noqa: ANN401  (any JSON)
        """Ask as the home screen does; return what the answer holds."""
        return self._manager.ask(method, params or None)

    def app(self, method: str, params: object) -> Any:  # noqa: ANN401  (any JSON)
        return self._app.ask(method, params)

    def turn(self) -> None:
        self._run(self.service.turn())

    def on_stores(self, work: Callable[[Agent], T]) -> T:
        """Run something on the thread that owns the stores."""
        return self._run(self.service.threads.run("quick", lambda: work(self.service.state.agent)))

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_MOST_SECONDS)

    def _client(self, *, manage: bool) -> LineClient:
        self._managing[0] = manage
        client = LineClient(self._socket)
        client.result("Discovery.policy")  # who it is has been looked at
        return client

    @property
    def _socket(self) -> Path:
        return self.box.home.with_name("socket") / "socket"

    def _outside(self) -> Outside:
        def erase(reason: ErasureReason) -> ErasureReceipt:
            raise PolicyError(f"nobody erases this box for {reason}", hint="this is a test")

        clock = self.box.clock
        return Outside(
            open_agent=self.box.open, erase_box=erase, jobs=self.box, look=quiet(clock), clock=clock
        )

    def _settings(self) -> Settings:
        return Settings(
            socket=self._socket,
            websocket_port=None,
            may_manage=lambda _: self._managing[0],
            config=self.box.config,
            random=self.box.random,
            notifier=Notifier({}),
            time=Leaping(),
        )
