"""How models are run on this box, and what keeps them from the rest of it."""

from __future__ import annotations

from edgeagent.config import Config
from edgeagent.scoring.syscall_filter import filter_available
from edgeagent.services.upkeep.findings import Finding

__all__ = ["scoring_found"]


def scoring_found(config: Config, *, filtered: bool | None = None) -> Finding:
    """Say which limits hold.

    Args:
        config: the settings.
        filtered: whether a filter of system calls is to be had; none: see for yourself.

    """
    if config.scorer == "resident":
        message = "models run in the resident process, without limits of their own"
    elif filter_available() if filtered is None else filtered:
        message = "models run in a child with limits, without network and new files"
    else:
        message = "models run in a child with limits; network and files are what the unit allows"
    return Finding(name="scoring", status="ok", message=message)
