"""The watched titles that weigh most: in one pick, in all picks together, in a segment.

Plain Python: the resident process and the dashboard name them, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from edgeagent.messages import Reason

__all__ = ["heaviest"]


class _Part(Protocol):
    """One part of a score, ours or as the API answers it."""

    @property
    def entity_id(self) -> str | None: ...
    @property
    def title(self) -> str: ...
    @property
    def contribution(self) -> float: ...


def heaviest(parts: Iterable[_Part], *, most: int) -> tuple[Reason, ...]:
    """Return the titles whose parts raised what they are parts of, the heaviest first.

    Each comes once, its contributions added up; its share is of all |contributions|, those of no
    title and those that lowered a score included, so that shares add up to 1 at most. Equal ones
    come by entity_id.
    """
    raised: dict[str, float] = {}
    titles: dict[str, str] = {}
    whole = 0.0
    for part in parts:
        whole += abs(part.contribution)
        if part.entity_id is not None and part.contribution > 0:
            titles[part.entity_id] = part.title
            raised[part.entity_id] = raised.get(part.entity_id, 0.0) + part.contribution
    order = sorted(raised, key=lambda entity_id: (-raised[entity_id], entity_id))[:most]
    return tuple(
        Reason(
            kind="watched",
            entity_id=entity_id,
            title=titles[entity_id],
            contribution=raised[entity_id],
            share_fraction=raised[entity_id] / whole,
        )
        for entity_id in order
    )
