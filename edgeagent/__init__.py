"""edgeagent: the history stays in the box, the model comes to it, noise-added counts leave.

Importing this package loads nothing heavy: ``Agent`` is resolved on first use, so that a server or
an exporter may import ``edgeagent.messages`` without ONNX Runtime or SQLCipher.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeagent.agent import Agent

__all__ = ["Agent", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name == "Agent":
        from edgeagent.agent import Agent  # noqa: PLC0415  (lazy on purpose, see above)

        return Agent
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
