"""edgeagent: the history stays in the box, the model comes to it, noise-added counts leave.

A program embeds the agent by ``Agent``::

    from edgeagent import Agent, Purpose, WatchEvent

    with Agent.open("my-box") as agent:
        agent.grant(Purpose.HISTORY)
        seen = WatchEvent(entity_id="film-0301", watched_on=agent.clock.now() - 3600)
        agent.record_watch(seen, keep_unknown=True)
        print(agent.history.latest("main", limit=5))

``help(Agent)`` lists its parts, such as ``agent.history``; errors are in ``edgeagent.errors``.
Arguments are held to their type hints, and refused before anything is written.

Importing this package loads nothing heavy: each name is resolved on first use, so that a server or
an exporter may import ``edgeagent.messages`` without ONNX Runtime or SQLCipher.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeagent.agent import Agent, Environment
    from edgeagent.config import Config, load_config
    from edgeagent.consent import Purpose
    from edgeagent.errors import EdgeAgentError
    from edgeagent.messages import WatchEvent
    from edgeagent.services.upkeep.box_erasure import erase_box
    from edgeagent.services.upkeep.portability import read_export

__all__ = [
    "Agent",
    "Config",
    "EdgeAgentError",
    "Environment",
    "Purpose",
    "WatchEvent",
    "__version__",
    "erase_box",
    "load_config",
    "read_export",
]

__version__ = "0.1.0"

_MODULES = {
    "Agent": "agent",
    "Config": "config",
    "EdgeAgentError": "errors",
    "Environment": "agent",
    "Purpose": "consent",
    "WatchEvent": "messages",
    "erase_box": "services.upkeep.box_erasure",
    "load_config": "config",
    "read_export": "services.upkeep.portability",
}
_CHECKED = {"Agent", "erase_box", "load_config", "read_export"}
"""Their arguments are checked here; the service, which decodes what it is told, uses them as they
are in their modules."""


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    if name in _CHECKED:
        found = import_module(f"{__name__}.arguments").refusing_wrong_types(found)
    return globals().setdefault(name, found)


def __dir__() -> list[str]:
    return sorted(__all__)
