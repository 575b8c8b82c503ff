"""Environment: everything outside the box that an agent uses, so that tests can replace it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from edgeagent.clock import Clock, SystemClock
from edgeagent.lazy_modules import on_use
from edgeagent.network.pace import AtOnce, Grid, Pace
from edgeagent.randomness import RandomSource, SystemRandomSource
from edgeagent.scoring.protocol import Scorer
from edgeagent.services.private_viewing.runtime_state import runtime_directory
from edgeagent.services.timekeeping.counting_frame import Frame, at_once, fixed_frame
from edgeagent.services.timekeeping.device_clock import BUILD_TIME

if not TYPE_CHECKING:  # it loads OpenSSL's bindings, 3 MiB
    carrying = on_use("edgeagent.network.transport")
else:
    from edgeagent.network import transport as carrying

__all__ = ["Environment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Everything outside the box that an agent uses; the defaults are the real implementations."""

    clock: Clock = field(default_factory=SystemClock)
    random: RandomSource = field(default_factory=SystemRandomSource)
    make_scorer: Callable[[], Scorer] | None = None
    """Replaces the scorer that the config asks for."""
    transport: carrying.Transport | None = None
    """Replaces HTTP to the config's ``server_url``."""
    runtime_directory: Path | str = field(default_factory=lambda: runtime_directory(os.environ))
    """A tmpfs; it holds the times of private sessions, in a directory that only this user can
    read."""
    build_time: int = BUILD_TIME
    network_only: bool = False
    """Whether the agent only uses the network, beside a service that has opened the box. It leaves
    the history closed, so that no timing depends on the history and no erasure waits for this
    process."""
    network_moment: float | None = None
    """When the first request may begin, in boot seconds, if the box acts on its own schedule; later
    requests start on a fixed grid from there. ``None``: at once, because a user asked and waits."""
    simulated: bool = False
    """Permits a seeded random source: for simulations and tests, never on a box."""
    frame: Frame | None = None
    """Replaces the fixed minute that counting a week takes; a simulation does not wait."""

    @property
    def count_frame(self) -> Frame:
        """The time frame in which a week is counted."""
        return self.frame or (at_once if self.simulated else fixed_frame)

    def pace(self) -> Pace:
        """Return the pace that decides when the next request may begin."""
        if self.network_moment is None:
            return AtOnce()
        return Grid(self.network_moment, clock=self.clock)
