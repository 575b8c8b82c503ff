"""Open a home, after finishing what an erasure or a rotation of keys left undone."""

from __future__ import annotations

from pathlib import Path

from edgeagent.config import Config
from edgeagent.services.environment import Environment
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.services.upkeep.box_erasure import finish_erasure_of_box
from edgeagent.services.upkeep.key_management import configured_provider, finish_rotation
from edgeagent.store import Home

__all__ = ["open_home"]


def open_home(directory: Path, config: Config, outside: Environment) -> Home:
    """Return the home in ``directory``, a new one if it is empty.

    Raises:
        StorageError: a database does not open, or a key cannot be obtained.

    """
    provider = configured_provider(directory, config)
    finish_erasure_of_box(directory, provider=provider)
    finish_rotation(directory, provider)
    now = DeviceClock(outside.clock, build_time=outside.build_time).now()
    home = Home.open(directory, provider=provider, now=now, random=outside.random)
    home.leaves_history_closed = outside.network_only
    return home
