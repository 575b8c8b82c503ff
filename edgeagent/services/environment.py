"""Environment: what an agent is given of everything outside its box."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from edgeagent.clock import Clock, SystemClock
from edgeagent.network.pace import AtOnce, Grid, Pace
from edgeagent.randomness import RandomSource, SystemRandomSource
from edgeagent.services.private_viewing.runtime_state import runtime_directory
from edgeagent.services.timekeeping.counting_frame import Frame, at_once, fixed_frame
from edgeagent.services.timekeeping.device_clock import BUILD_TIME

if TYPE_CHECKING:
    from edgeagent.network.transport import Transport
    from edgeagent.scoring.protocol import Scorer

__all__ = ["Environment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Everything outside the box that an agent touches; the defaults are the real thing."""

    clock: Clock = field(default_factory=SystemClock)
    random: RandomSource = field(default_factory=SystemRandomSource)
    make_scorer: Callable[[], Scorer] | None = None
    """Replaces the scorer that the config asks for."""
    transport: Transport | None = None
    """Replaces HTTP to the config's ``server_url``."""
    runtime_directory: Path = field(default_factory=lambda: runtime_directory(os.environ))
    """A tmpfs; holds when there were private sessions, in a directory of this user's own."""
    build_time: int = BUILD_TIME
    network_only: bool = False
    """Whether the agent is opened for the network alone, beside a service that has opened the box:
    it leaves the history closed, so that no moment tells of it, and no erasure has to wait."""
    network_moment: float | None = None
    """When the first request may begin, in boot seconds, where the box asks by itself; each later
    one keeps to a grid from there. ``None``: at once, for somebody has asked, and waits."""
    simulated: bool = False
    """Permits a seeded random source: for simulations and tests, never on a box."""
    frame: Frame | None = None
    """Replaces the minute that the count of a week takes; without, a simulation does not wait."""

    @property
    def count_frame(self) -> Frame:
        """What a week is counted in."""
        return self.frame or (at_once if self.simulated else fixed_frame)

    def pace(self) -> Pace:
        """Return what says when the next request may begin."""
        if self.network_moment is None:
            return AtOnce()
        return Grid(self.network_moment, clock=self.clock)
