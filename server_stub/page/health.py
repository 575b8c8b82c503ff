"""How the server is now: read from its metrics when someone looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

__all__ = ["ServerHealth", "health_of"]

_ROLES = ("root", "targets", "snapshot", "timestamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerHealth:
    """One moment."""

    trouble: str
    """Why the last reports could not be stored; empty if they were."""
    waiting: int
    """Reports that wait to be written."""
    free_bytes: int
    answers: Mapping[int, int]
    """How many answers of each status were given to reports since the start."""
    expiries: Mapping[str, int]
    """When the newest metadata of each role expires, seconds UTC; 0: it cannot be read."""


def health_of(registry: CollectorRegistry, trouble: Callable[[], str]) -> ServerHealth:
    """Read the metrics of a server."""
    answers: dict[int, int] = {}
    for metric in registry.collect():
        for sample in metric.samples:
            if sample.name == "edgeagent_report_answers_total":
                status = int(sample.labels["status"])
                answers[status] = answers.get(status, 0) + int(sample.value)

    def value(name: str) -> int:
        return int(registry.get_sample_value(name) or 0)

    return ServerHealth(
        trouble=trouble(),
        waiting=value("edgeagent_queue_reports"),
        free_bytes=value("edgeagent_disk_free_bytes"),
        answers=answers,
        expiries={role: value(f"edgeagent_{role}_expires_timestamp_seconds") for role in _ROLES},
    )
