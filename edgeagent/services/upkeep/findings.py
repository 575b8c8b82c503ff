"""Findings: what an examination says, and the way to say it when it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from edgeagent.errors import EdgeAgentError

__all__ = ["Finding", "Status", "examined", "failed"]

Status = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The outcome of one examination."""

    name: str
    status: Status
    message: str
    hint: str = ""
    """What to do; empty when there is nothing to do."""


def examined(name: str, examine: Callable[[], Finding]) -> Finding:
    """Return what an examination says; one that cannot be made has failed."""
    try:
        return examine()
    except EdgeAgentError as error:
        return failed(name, error)


def failed(name: str, error: EdgeAgentError) -> Finding:
    """Return that an examination could not be made."""
    return Finding(name=name, status="failed", message=str(error), hint=error.hint)
