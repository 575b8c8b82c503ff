"""The command line: click, split by noun; the only room that prints."""

from __future__ import annotations

from edgeagent.cli.root import main

__all__ = ["main"]
