"""What the services of one box share."""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.services.audience import Audience
from edgeagent.services.consent_gate import ConsentGate
from edgeagent.services.private_viewing.private_session import PrivateSession
from edgeagent.services.timekeeping.device_clock import DeviceClock
from edgeagent.store import Home

__all__ = ["BoxContext"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxContext:
    """One box as its services see it: its stores, its consent, its time, its audience."""

    home: Home
    clock: DeviceClock
    gate: ConsentGate
    private: PrivateSession
    audience: Audience
    """Whose viewings count."""
