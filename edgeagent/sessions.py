"""Sessions: what is counted. Consecutive viewings with less than 30 minutes between them merge."""

from __future__ import annotations

from collections.abc import Sequence

from edgeagent.messages.scoring import Viewing

__all__ = ["SESSION_GAP_SECONDS", "split_sessions"]

SESSION_GAP_SECONDS = 30 * 60
"""The gap analytics has used for a visit since the 1990s; between two episodes it is seconds."""


def split_sessions(viewings: Sequence[Viewing]) -> tuple[tuple[Viewing, ...], ...]:
    """Split one profile's viewings into sessions.

    Args:
        viewings: of one profile, in any order.

    Returns:
        Sessions in order of time; two viewings more than ``SESSION_GAP_SECONDS`` apart never share
        one. ``watched_on`` is when a viewing was reported, which is at its end.

    """
    sessions: list[list[Viewing]] = []
    for viewing in sorted(viewings, key=lambda v: (v.watched_on, v.entity_id)):
        if sessions and viewing.watched_on - sessions[-1][-1].watched_on <= SESSION_GAP_SECONDS:
            sessions[-1].append(viewing)
        else:
            sessions.append([viewing])
    return tuple(tuple(session) for session in sessions)
