"""The service: opens the box, its sockets and its own work, and reports its state to systemd."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgeagent.api.call import Outside, ServiceState
from edgeagent.api.confirmations import Confirmations
from edgeagent.api.endpoint import Listening, manager_token, note_port
from edgeagent.api.presence import present
from edgeagent.api.process.dashboard_socket import DashboardSocket
from edgeagent.api.process.housekeeper import SERVING, Housekeeper
from edgeagent.api.process.network_scheduler import NetworkScheduler
from edgeagent.api.process.sd_notify import Notifier
from edgeagent.api.process.week_closer import Closer
from edgeagent.api.schedule import Schedule
from edgeagent.api.transport.answer_grid import AnswerGrid, LoopTime, TimeSource
from edgeagent.api.transport.connection_limiter import ConnectionLimiter
from edgeagent.api.transport.dispatcher import Dispatcher
from edgeagent.api.transport.subscriptions import Subscriptions
from edgeagent.api.transport.unix_server import Peer, UnixServer, prepare_directory
from edgeagent.api.transport.websocket_server import WebSocketServer
from edgeagent.api.worker_threads import WorkerThreads
from edgeagent.config import Config
from edgeagent.randomness import RandomSource

__all__ = ["Service", "Settings"]

_LOG = logging.getLogger("edgeagent.service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where to listen, and who may manage."""

    socket: Path
    websocket_port: int | None
    """0 takes a free one; ``None``: no WebSocket."""
    may_manage: Callable[[Peer], bool]
    config: Config
    random: RandomSource
    notifier: Notifier
    dashboard: DashboardSocket | None = None
    """``None``: there is no dashboard."""
    time: TimeSource = field(default_factory=LoopTime)
    """Times the answers to apps."""


class Service:
    """One service of one home."""

    def __init__(self, outside: Outside, settings: Settings) -> None:
        """Keep the parts; nothing is opened yet."""
        self._outside = outside
        self._settings = settings
        self._stop = asyncio.Event()
        self.websocket_port: int | None = None
        """The port, once the WebSocket is open."""

    def listening(self) -> Listening:
        """Return where it listens, once everything is open."""
        dashboard = self._settings.dashboard
        return Listening(
            socket=self._settings.socket,
            websocket_port=self.websocket_port,
            dashboard_port=None if dashboard is None else dashboard.port,
        )

    def stop(self) -> None:
        """Ask the service to end; from within its event loop."""
        self._stop.set()

    async def run(self, *, opened: Callable[[], None] = lambda: None) -> None:
        """Serve until stopped.

        Args:
            opened: called once both sockets listen.

        """
        settings, config = self._settings, self._settings.config
        async with AsyncExitStack() as stack:
            threads = WorkerThreads()
            stack.callback(threads.close)
            confirmations = Confirmations(clock=self._outside.clock, random=settings.random)
            state = await threads.run(
                "quick",
                lambda: ServiceState(self._outside, config=config, confirmations=confirmations),
            )
            stack.push_async_callback(threads.run_alone, state.close)
            subscriptions = Subscriptions()
            dispatcher = Dispatcher(
                state, threads=threads, subscriptions=subscriptions, pace=AnswerGrid(settings.time)
            )
            await self._open_listeners(stack, dispatcher)
            agent = state.agent
            sessions = agent.private.directory
            stack.enter_context(present(agent.stores.directory, settings.socket, sessions=sessions))
            # Ended before the sockets are closed.
            stack.callback(self._outside.jobs.close)
            stack.push_async_callback(asyncio.to_thread, state.end_scoring)
            for work in self._work(state, threads, subscriptions):
                stack.push_async_callback(_cancelled, asyncio.create_task(work))
            stack.push_async_callback(_cancelled, asyncio.create_task(self._stay_alive(threads)))
            opened()
            settings.notifier.ready(SERVING)
            _LOG.info("serving")
            await self._stop.wait()
            settings.notifier.stopping()
            _LOG.info("stopping")

    def stop_on_signals(self) -> None:
        """End in good order on SIGTERM and Ctrl-C."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.stop)

    def _work(
        self, state: ServiceState, threads: WorkerThreads, subscriptions: Subscriptions
    ) -> Iterator[Coroutine[Any, Any, None]]:
        """Yield what runs beside the calls: work on the history, and jobs on the network."""
        settings = self._settings
        housekeeper = Housekeeper(
            state,
            threads=threads,
            subscriptions=subscriptions,
            schedule=Schedule(settings.config.service),
            look=self._outside.look,
            status=settings.notifier.status,
        )
        scheduler = NetworkScheduler(
            state,
            threads=threads,
            subscriptions=subscriptions,
            random=settings.random,
            fetched=housekeeper.wake,
        )
        yield housekeeper.run()
        closer = Closer(state, threads=threads, subscriptions=subscriptions, random=settings.random)
        yield scheduler.run()
        yield closer.run()

    async def _stay_alive(self, threads: WorkerThreads) -> None:
        """Tell the watchdog that both the event loop and the stores answer."""
        pause = self._settings.notifier.watchdog_seconds
        while pause is not None:
            await threads.run("quick", self._settings.notifier.alive)
            await asyncio.sleep(pause)

    async def _open_listeners(self, stack: AsyncExitStack, dispatcher: Dispatcher) -> None:
        settings, service = self._settings, self._settings.config.service
        prepare_directory(settings.socket.parent)
        unix = UnixServer(
            settings.socket,
            dispatcher=dispatcher,
            connections=ConnectionLimiter(service.max_connections),
            may_manage=settings.may_manage,
        )
        await unix.open()
        stack.push_async_callback(unix.close)
        token = manager_token(settings.socket.parent, settings.random)
        note_port(settings.socket.parent, None)
        note_port(settings.socket.parent, None, of="dashboard")
        if settings.dashboard is not None:
            stack.push_async_callback(settings.dashboard.close)
            await settings.dashboard.open()
            note_port(settings.socket.parent, settings.dashboard.port, of="dashboard")
            stack.callback(note_port, settings.socket.parent, None, of="dashboard")
        if settings.websocket_port is None:
            return
        server = WebSocketServer(
            settings.websocket_port,
            dispatcher=dispatcher,
            connections=ConnectionLimiter(service.max_connections),
            token=token,
            origins=service.allowed_origins,
        )
        await server.open()
        self.websocket_port = server.port
        stack.push_async_callback(server.close)
        note_port(settings.socket.parent, server.port)
        stack.callback(note_port, settings.socket.parent, None)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
