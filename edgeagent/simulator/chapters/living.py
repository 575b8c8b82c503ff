"""What the panel's households watched after the model was trained: the truth of the chapters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from edgeagent.clock import WEEK_SECONDS
from edgeagent.privacy.batches import draw_reports, totals_of
from edgeagent.privacy.estimation import Totals
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.simulator.chapters.chapter import Ground
from model_export.heads.trained_model import TrainedModel
from model_export.log import WatchLog
from model_export.segments.session_vectors import (
    DatedSessions,
    dated_sessions,
    session_vectors,
)

__all__ = ["LaterWeeks", "later_weeks", "rising_tastes", "segments_before", "segments_later"]

_BATCH = 1 << 16


def _categories(
    model: TrainedModel, sessions: DatedSessions, *, sensitive: tuple[int, ...]
) -> NDArray[np.int64]:
    """Return [M] what a report would count of each session: its segment, or S for "none"."""
    vectors = session_vectors(sessions.rows, model.encoder())
    found = (vectors @ model.centroids.T).argmax(axis=1)
    silent = (np.linalg.norm(vectors, axis=1) == 0) | np.isin(found, sensitive)
    return np.where(silent, len(model.labels), found)


@dataclass(frozen=True)
class LaterWeeks:
    """Weeks of households, each as a box lives it; a week without a session counts as "none"."""

    sessions: DatedSessions
    categories: NDArray[np.int64]
    """[M] of each session."""
    week: NDArray[np.int64]
    """[M] which of the B weeks of one box each is of."""
    size: int
    """S'."""
    owners: NDArray[np.int64]
    """[B] whose each week of a box is, those without a session, too."""

    @property
    def boxes(self) -> int:
        """B."""
        return len(self.owners)

    @cached_property
    def parts(self) -> NDArray[np.float64]:
        """[B, S'] the chance of each category where a box draws one of its week's sessions."""
        counts = np.zeros((self.boxes, self.size))
        np.add.at(counts, (self.week, self.categories), 1.0)
        number = counts.sum(axis=1, keepdims=True)
        counts[number[:, 0] == 0, -1] = 1.0
        return np.asarray(counts / np.maximum(number, 1.0))

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """[M] of each session in the estimand: a random session of a random week of a box."""
        number = np.bincount(self.week, minlength=self.boxes)
        return np.asarray(1.0 / (number[self.week] * self.boxes))

    def totals(
        self,
        mechanism: SubsetSelection,
        *,
        reports: int,
        generator: np.random.Generator,
        weights: NDArray[np.float64] | None = None,
    ) -> Totals:
        """Draw so many boxes, a session of each, and its report; return their sums.

        Args:
            mechanism: of the reports.
            reports: how many.
            generator: repeats itself for a seed.
            weights: [B] how often each week of a box is drawn; ``None``: all alike.

        """
        mix = self.parts.mean(axis=0) if weights is None else weights @ self.parts / weights.sum()
        totals = Totals.none(categories=self.size)
        for begin in range(0, reports, _BATCH):
            drawn = generator.choice(self.size, min(_BATCH, reports - begin), p=mix / mix.sum())
            totals += totals_of(draw_reports(mechanism, drawn, generator))
        return totals


def segments_before(ground: Ground) -> NDArray[np.float64]:
    """Return [U, S] how many sessions of each segment users had before the model was trained."""
    return _by_user(ground, ground.log.select(ground.log.watched_on < ground.split.cut_at))


def segments_later(ground: Ground) -> NDArray[np.float64]:
    """Return [U, S] how many sessions of each segment users had after it."""
    return _by_user(ground, ground.log.select(ground.log.watched_on >= ground.split.cut_at))


def _by_user(ground: Ground, log: WatchLog) -> NDArray[np.float64]:
    sensitive = ground.artefacts.task.sensitive
    sessions = dated_sessions(log, seed=ground.seed)
    counts = np.zeros((ground.log.user_count, len(ground.model.labels) + 1))
    found = _categories(ground.model, sessions, sensitive=sensitive)
    np.add.at(counts, (sessions.users, found), 1.0)
    return counts[:, :-1]


def later_weeks(ground: Ground) -> LaterWeeks:
    """Return the weeks after the model's training; people of the panel are its boxes."""
    log = ground.log.select(ground.log.watched_on >= ground.split.cut_at)
    sensitive = ground.artefacts.task.sensitive
    sessions = dated_sessions(log, seed=ground.seed)
    number = (sessions.ended_on - int(log.watched_on[0])) // WEEK_SECONDS
    weeks = int(number.max()) + 1
    people = np.unique(sessions.users)
    place = np.searchsorted(people, sessions.users)
    return LaterWeeks(
        sessions=sessions,
        categories=_categories(ground.model, sessions, sensitive=sensitive),
        week=place * weeks + number,
        size=len(ground.model.labels) + 1,
        owners=np.repeat(people, weeks),
    )


def rising_tastes(ground: Ground, weeks: LaterWeeks) -> NDArray[np.float64]:
    """Return [U] how much of what each user of the log watches rises, less what falls, −1 to 1.

    Households weighted by exp(shift times it) are an audience in which one half of the segments has
    grown. What is alike rises together: by the direction in which the centroids differ most.
    """
    centroids = ground.model.centroids
    apart = centroids - centroids.mean(axis=0)
    signs = np.sign(np.linalg.svd(apart, full_matrices=False)[0][:, 0])
    sums, number = np.zeros(ground.log.user_count), np.zeros(ground.log.user_count)
    np.add.at(sums, weeks.owners, weeks.parts[:, :-1] @ signs)
    np.add.at(number, weeks.owners, weeks.parts[:, :-1].sum(axis=1))
    return np.asarray(sums / np.maximum(number, 1e-9))
