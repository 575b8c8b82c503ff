"""The watched titles with the largest parts: of one pick, of all picks, or of a segment.

Plain Python without numpy: the resident process and the dashboard use it too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from edgeagent.messages import Reason

__all__ = ["heaviest"]


class _Part(Protocol):
    """One part of a score, as our type or as the API's."""

    @property
    def entity_id(self) -> str | None: ...
    @property
    def title(self) -> str: ...
    @property
    def contribution(self) -> float: ...


def heaviest(parts: Iterable[_Part], *, most: int) -> tuple[Reason, ...]:
    """Return the titles with positive parts, the largest first.

    Each title occurs once, with the sum of its contributions. Its share is relative to the sum of
    all |contributions|, including negative ones and those without a title, so that shares add up
    to at most 1. Ties are ordered by entity_id.
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
