"""Sessions of a log, split by the box's own rule, and what the encoder makes of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.clock import DAY_SECONDS
from edgeagent.messages import Viewing
from edgeagent.sessions import split_sessions
from model_export.heads.encoders import Encoder
from model_export.log import WatchLog

__all__ = ["DatedSessions", "SessionRows", "dated_sessions", "sample_sessions", "session_vectors"]

_MAX_SESSIONS = 20_000
_MAX_VIEWINGS = 4
"""Where ratings stand for viewings, a sitting holds dozens. Longer sessions are cut into pieces of
an evening's length, so that segments are fitted to what boxes will count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRows:
    """One sitting of L ≥ 1 viewings."""

    items: NDArray[np.int64]
    """[L] indices into the log's titles."""
    completion: NDArray[np.float64]
    """[L] in (0, 1]."""
    age_days: NDArray[np.float64]
    """[L] before the session's own end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedSessions:
    """M sessions, with what a clustering does not look at."""

    rows: tuple[SessionRows, ...]
    users: NDArray[np.int64]
    """[M] whose each is."""
    ended_on: NDArray[np.int64]
    """[M] seconds UTC."""


def sample_sessions(log: WatchLog, *, seed: int) -> tuple[SessionRows, ...]:
    """Return the sessions of people in random order until there are 20,000."""
    return dated_sessions(log, seed=seed).rows


def dated_sessions(log: WatchLog, *, seed: int) -> DatedSessions:
    """Return the same sessions, with whose each is and when it ended."""
    order = np.argsort(log.users, kind="stable")
    bounds = np.searchsorted(log.users[order], np.arange(log.user_count + 1))
    sessions: list[tuple[SessionRows, int, int]] = []
    for user in np.random.default_rng(seed).permutation(log.user_count):
        rows = order[bounds[user] : bounds[user + 1]]
        own = _sessions(log, rows[log.completion[rows] > 0])
        sessions.extend((session, int(user), end) for session, end in own)
        if len(sessions) >= _MAX_SESSIONS:
            break
    kept = sessions[:_MAX_SESSIONS]
    return DatedSessions(
        rows=tuple(session for session, _, _ in kept),
        users=np.array([user for _, user, _ in kept], dtype=np.int64),
        ended_on=np.array([end for _, _, end in kept], dtype=np.int64),
    )


def session_vectors(sessions: tuple[SessionRows, ...], encoder: Encoder) -> NDArray[np.float64]:
    """Return the user embedding [M, D] of each session on its own."""
    return np.array([encoder.user(s.items, s.completion, s.age_days) for s in sessions])


def _sessions(log: WatchLog, rows: NDArray[np.int64]) -> Iterator[tuple[SessionRows, int]]:
    """Yield each session and when it ended."""
    titles = {log.titles[item].entity_id: int(item) for item in np.unique(log.items[rows])}
    viewings = [
        Viewing(
            entity_id=log.titles[log.items[row]].entity_id,
            watched_on=int(log.watched_on[row]),
            progress_fraction=float(log.completion[row]),
        )
        for row in rows
    ]
    for session in split_sessions(viewings, lambda entity: log.titles[titles[entity]]):
        for start in range(0, len(session), _MAX_VIEWINGS):
            piece = session[start : start + _MAX_VIEWINGS]
            end = piece[-1].watched_on
            rows_of_piece = SessionRows(
                items=np.array([titles[viewing.entity_id] for viewing in piece]),
                completion=np.array([viewing.progress_fraction for viewing in piece]),
                age_days=np.array([(end - v.watched_on) / DAY_SECONDS for v in piece]),
            )
            yield rows_of_piece, end
