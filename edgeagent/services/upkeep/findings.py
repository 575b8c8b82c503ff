"""Findings: the result of an examination, also if the examination itself fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from edgeagent.errors import EdgeAgentError

__all__ = ["Finding", "Status", "examined", "failed"]

Status = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The result of one examination."""

    name: str
    status: Status
    message: str
    hint: str = ""
    """What to do; empty if there is nothing to do."""


def examined(name: str, examine: Callable[[], Finding]) -> Finding:
    """Return the result of an examination; one that raises has failed."""
    try:
        return examine()
    except EdgeAgentError as error:
        return failed(name, error)


def failed(name: str, error: EdgeAgentError) -> Finding:
    """Return the finding for an examination that raised."""
    return Finding(name=name, status="failed", message=str(error), hint=error.hint)
