"""edgeagent: the history stays in the box, the model comes to it, noise-added counts leave.

A program embeds the agent with the names below; ``edgeagent/README.md`` has an example and a table
of all members. Errors are in ``edgeagent.errors``, messages in ``edgeagent.messages``.

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
