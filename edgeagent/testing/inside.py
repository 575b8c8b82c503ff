"""The stores behind an agent, for tests that look inside and for a simulation's truth."""

from __future__ import annotations

from edgeagent.agent import Agent
from edgeagent.services.context import BoxContext

__all__ = ["box_context"]


def box_context(agent: Agent) -> BoxContext:
    """Return what an agent hands to its services: the very same, so that what is learned shows."""
    return agent._box  # noqa: SLF001  (the one place that reaches inside)
