"""Runs the service of a home: the composition root of the resident process."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from edgeagent.agent import Agent
from edgeagent.api.call import Outside
from edgeagent.api.endpoint import Listening
from edgeagent.api.memory import keep_one_heap
from edgeagent.api.process.dashboard_socket import DashboardSocket, dashboard_command
from edgeagent.api.process.host_conditions import HostConditions
from edgeagent.api.process.sd_notify import Notifier
from edgeagent.api.process.subprocesses import Subprocesses
from edgeagent.api.transport.unix_server import Peer
from edgeagent.clock import SystemClock
from edgeagent.config import Config, ServiceConfig
from edgeagent.lazy_modules import put_off
from edgeagent.messages.fields import ErasureReason
from edgeagent.randomness import SystemRandomSource
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.services.upkeep.box_erasure import erase_box
from edgeagent.services.upkeep.erasure import ErasureReceipt
from edgeagent.services.upkeep.key_management import configured_provider
from edgeagent.services.upkeep.managers import manager_groups, manager_users
from edgeagent.start import LOG_FORMAT

if TYPE_CHECKING:
    from edgeagent.api.process.service import Service

__all__ = ["managers", "serve"]

_SWITCH_INTERVAL_SECONDS = 0.0005
"""How long a thread may keep the interpreter while another waits. With Python's default of 5 ms, a
long call on a thread delays each read and write of the sockets by that much."""


def serve(
    home: Path,
    *,
    config: Config,
    config_file: Path | None,
    wanted: Listening,
    environment: Mapping[str, str],
    opened: Callable[[Listening], None] = lambda _: None,
) -> None:
    """Serve ``home`` until SIGTERM or Ctrl-C.

    Args:
        home: the home of the box.
        config: its settings.
        config_file: where they were read, for the processes that are started.
        wanted: where to listen.
        environment: of this process.
        opened: told where the service listens, once it does.

    """
    keep_one_heap()
    sys.setswitchinterval(_SWITCH_INTERVAL_SECONDS)
    # websockets imports it, and with it 2 MiB of mail and archive formats, without using them.
    put_off("importlib.metadata")
    from edgeagent.api.process.service import Service, Settings  # noqa: PLC0415  (after that)

    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    clock = SystemClock()

    def erase(reason: ErasureReason) -> ErasureReceipt:
        provider = configured_provider(home, config)
        now = DeviceClock(clock).now()
        return erase_box(home, provider=provider, reason=reason, now=now)

    commands = Subprocesses(home, config_file)

    def open_agent() -> Agent:
        commands.prepare()
        return Agent.open(home, config=config)

    outside = Outside(
        open_agent=open_agent,
        erase_box=erase,
        jobs=commands,
        look=HostConditions(config.service, clock=clock).look,
        clock=clock,
    )
    port = wanted.dashboard_port
    settings = Settings(
        socket=wanted.socket,
        websocket_port=wanted.websocket_port,
        may_manage=managers(config.service),
        config=config,
        random=SystemRandomSource(),
        notifier=Notifier(environment),
        dashboard=None
        if port is None
        else DashboardSocket(port, command=dashboard_command(wanted.socket, config.language)),
    )
    asyncio.run(_serve(Service(outside, settings), opened))


async def _serve(service: Service, opened: Callable[[Listening], None]) -> None:
    service.stop_on_signals()
    await service.run(opened=lambda: opened(service.listening()))


def managers(config: ServiceConfig) -> Callable[[Peer], bool]:
    """Return who may manage: the service's own user, and the users and groups of the settings.

    Raises:
        InputError: a user or group that this system does not know.

    """
    users = {os.geteuid(), *manager_users(config)}
    groups = manager_groups(config)
    return lambda peer: peer.uid in users or bool(groups & peer.gids)
