"""Sessions: what is counted. Viewings with less than 30 minutes between them merge into one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edgeagent.messages.catalogue import Title
from edgeagent.messages.viewing import Viewing

__all__ = ["SESSION_GAP_SECONDS", "session_start", "split_sessions", "watched_seconds"]

SESSION_GAP_SECONDS = 30 * 60
"""From the end of one viewing to the start of the next; the gap web analytics uses for a visit."""

_FILM_SECONDS = 100 * 60
_EPISODE_SECONDS = 40 * 60


def watched_seconds(viewing: Viewing, title: Title | None) -> int:
    """Return how long a viewing took.

    Seconds of progress where the app gave them; else the title's run time (100 minutes for a film
    and 40 for an episode where it is not known) times the fraction watched.
    """
    if viewing.progress_seconds is not None:
        return viewing.progress_seconds
    fraction = 1.0 if viewing.completed else viewing.progress_fraction
    return round(_run_seconds(title) * (1.0 if fraction is None else fraction))


def split_sessions(
    viewings: Sequence[Viewing], title_of: Callable[[str], Title | None]
) -> tuple[tuple[Viewing, ...], ...]:
    """Split one profile's viewings into sessions.

    Args:
        viewings: of one profile, in any order; ``watched_on`` is when a viewing ended.
        title_of: finds a title by entity id, for its run time.

    Returns:
        Sessions in order of time. Two viewings with more than ``SESSION_GAP_SECONDS`` between the
        end of the first and the start of the second never share one.

    """

    def started_on(viewing: Viewing) -> int:
        return _viewing_start(viewing, title_of)

    sessions: list[list[Viewing]] = []
    # Where two end together the longer one comes first, so that the order given never matters.
    for viewing in sorted(viewings, key=lambda v: (v.watched_on, started_on(v), v.entity_id)):
        if sessions and started_on(viewing) - sessions[-1][-1].watched_on <= SESSION_GAP_SECONDS:
            sessions[-1].append(viewing)
        else:
            sessions.append([viewing])
    return tuple(tuple(session) for session in sessions)


def session_start(session: Sequence[Viewing], title_of: Callable[[str], Title | None]) -> int:
    """Return when a session's first viewing began, seconds UTC; 0 if it has none."""
    return max(0, _viewing_start(session[0], title_of)) if session else 0


def _viewing_start(viewing: Viewing, title_of: Callable[[str], Title | None]) -> int:
    return viewing.watched_on - watched_seconds(viewing, title_of(viewing.entity_id))


def _run_seconds(title: Title | None) -> int:
    if title is not None and title.run_minutes is not None:
        return title.run_minutes * 60
    return _EPISODE_SECONDS if title is not None and title.kind == "episode" else _FILM_SECONDS
