"""Appeal: the chance that a session of a segment holds a title.

Counts alone cannot tell it: a title in one of 500 sessions is in one session of a segment that was
seen 600 times. So the lift of a title in a segment is a function of how near they lie, with one
number that is fitted to all of them: exp(β cos) over its mean, so that a title's appeal over all
segments adds up to how often it is watched. New titles have a place from their metadata, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from model_export.heads.trained_model import TrainedModel
from model_export.log import WatchLog
from model_export.segments.kmeans import unit_rows
from model_export.segments.session_vectors import (
    DatedSessions,
    SessionRows,
    dated_sessions,
    session_vectors,
)

__all__ = ["Appeal", "AssignedSessions", "assign_sessions", "fit_appeal", "later_error"]

_SHARPEST = 40.0
"""β of titles that are watched in one segment alone; fitted ones are 3 to 10."""
_EARLIER_FRACTION = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedSessions:
    """M sessions of a panel that the model can place, and their segments."""

    sessions: DatedSessions
    segments: NDArray[np.int64]
    """[M]."""
    cosines: NDArray[np.float64]
    """[M] with that segment."""
    count: int
    """S."""

    @property
    def shares(self) -> NDArray[np.float64]:
        """[S] of the sessions."""
        return np.bincount(self.segments, minlength=self.count) / len(self.segments)

    def holding(self, titles: int) -> NDArray[np.float64]:
        """Return [S, N] how many sessions of each segment hold each title, once each."""
        held = np.zeros((self.count, titles))
        for session, segment in zip(self.sessions.rows, self.segments, strict=True):
            held[segment, np.unique(session.items)] += 1.0
        return held

    def select(self, keep: NDArray[np.bool_]) -> AssignedSessions:
        """Return the sessions where ``keep`` [M] holds."""
        rows: tuple[SessionRows, ...] = tuple(
            row for row, kept in zip(self.sessions.rows, keep, strict=True) if kept
        )
        return AssignedSessions(
            sessions=DatedSessions(
                rows=rows,
                users=self.sessions.users[keep],
                ended_on=self.sessions.ended_on[keep],
            ),
            segments=self.segments[keep],
            cosines=self.cosines[keep],
            count=self.count,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """What N titles are to S segments."""

    rates: NDArray[np.float64]
    """[N] the part of all sessions that holds each title."""
    lifts: NDArray[np.float64]
    """[S, N] how many times more often a segment's sessions hold it than all sessions do."""
    watched: NDArray[np.int64]
    """[N] in how many sessions each was; the rate of the others is the median."""
    sharpness: float
    """β."""

    def expected(self, shares: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return [N] the part of the sessions that holds each title where segments are [S]."""
        return np.asarray(self.rates * (shares @ self.lifts))


def assign_sessions(model: TrainedModel, log: WatchLog, *, seed: int) -> AssignedSessions:
    """Assign up to 20,000 sessions of a log to the segments of a model, as a box does.

    Raises:
        InputError: the log is of other titles than the model, or holds no session for it.

    """
    if log.titles != model.titles:
        raise InputError(
            "the viewings are over other titles than the model",
            hint="give the --ratings and --catalogue that the model was trained with",
        )
    sessions = dated_sessions(log, seed=seed)
    vectors = session_vectors(sessions.rows, model.encoder())
    placed = np.linalg.norm(vectors, axis=1) > 0
    if not placed.any():
        raise InputError("no session that the model can place", hint="give a log with viewings")
    likeness = unit_rows(vectors) @ model.centroids.T
    everything = AssignedSessions(
        sessions=sessions,
        segments=likeness.argmax(axis=1),
        cosines=likeness.max(axis=1),
        count=len(model.centroids),
    )
    return everything.select(placed)


def fit_appeal(model: TrainedModel, assigned: AssignedSessions) -> Appeal:
    """Fit β to which sessions hold which titles: the likelihood of Poisson counts, margins kept."""
    from scipy.optimize import minimize_scalar  # noqa: PLC0415  (half a second)

    held = assigned.holding(len(model.titles))
    watched = held.sum(axis=0)
    shares = assigned.shares
    cosines = model.centroids @ unit_rows(model.table.embeddings()).T

    def surprise(sharpness: float) -> float:
        return -float((held * np.log(_lifts(cosines, shares, sharpness))).sum())

    best = minimize_scalar(surprise, bounds=(0.0, _SHARPEST), method="bounded")
    rates = watched / len(assigned.segments)
    usual = float(np.median(rates[watched > 0]))
    return Appeal(
        rates=np.where(watched > 0, rates, usual),
        lifts=_lifts(cosines, shares, float(best.x)),
        watched=watched.astype(np.int64),
        sharpness=float(best.x),
    )


def later_error(model: TrainedModel, assigned: AssignedSessions) -> float:
    """Return the relative error of expected parts of sessions in time that the fit has not seen.

    Fitted to the first four fifths of the sessions and told the segments' shares of the last
    fifth, as counts would tell them; over the titles watched before, √(Σ error² / Σ expected²),
    what chance alone makes of so few sessions taken off. It holds for titles as a whole: tastes
    for single titles come and go.
    """
    ended = assigned.sessions.ended_on
    cut = np.quantile(ended, _EARLIER_FRACTION)
    earlier, later = assigned.select(ended < cut), assigned.select(ended >= cut)
    appeal = fit_appeal(model, earlier)
    known = appeal.watched > 0
    expected = appeal.expected(later.shares)[known]
    sessions = len(later.segments)
    seen = later.holding(len(model.titles)).sum(axis=0)[known] / sessions
    by_chance = float((expected * (1 - expected)).sum()) / sessions
    squared = max(float(((seen - expected) ** 2).sum()) - by_chance, 0.0)
    return float(np.sqrt(squared / (expected**2).sum()))


def _lifts(
    cosines: NDArray[np.float64], shares: NDArray[np.float64], sharpness: float
) -> NDArray[np.float64]:
    """Return [S, N]; the mean over sessions is 1 for each title."""
    raw = np.exp(sharpness * (cosines - cosines.max(axis=0)))
    return np.asarray(raw / np.maximum(shares @ raw, 1e-300))
