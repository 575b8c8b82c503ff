"""Chapter "drift": an audience that changes, and what priors refreshed from its counts are worth.

The households of the panel are the boxes. In the quarter that is judged, those count for more that
watch one half of the segments: the audience has changed, and the model has not. One
half of the households reports, the other is the hold-out, which no count has seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import SegmentLabel
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.simulator.chapters.chapter import Chapter, Ground
from edgeagent.simulator.chapters.living import LaterWeeks, later_weeks, rising_tastes
from edgeagent.simulator.pictures.by_drift import DriftPoint, gains_picture
from edgeagent.simulator.pictures.picture import Section
from model_export.drift.alarm import judge_drift
from model_export.drift.counts import Mix
from model_export.drift.holdout import first_picks
from model_export.drift.priors import believed_change, with_priors
from model_export.heads.trained_model import TrainedModel
from model_export.log import WatchLog
from model_export.segments.appeal import Appeal, assign_sessions, fit_appeal

__all__ = ["drift_chapter"]

_FLEETS = {5_000: 4, 20_000: 4, 100_000: 2, 500_000: 1}
"""How often each is drawn: chance matters most where there are few boxes."""
_SHIFTS = {"none": 0.0, "moderate": 2.5, "strong": 5.0}
"""How much more a household counts that watches nothing but what rises: by a factor of exp(shift),
and of one that watches nothing but what falls so much less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """What all fleets of the chapter share."""

    ground: Ground
    weeks: LaterWeeks
    appeal: Appeal
    counted: NDArray[np.bool_]
    """[S] false for sensitive segments."""
    viewings: NDArray[np.int64]
    rising: NDArray[np.float64]
    """[U] of each user of the log, −1 to 1: how much of what is watched rises, less what falls."""
    reporting: NDArray[np.bool_]
    """[U] who reports; the others are the hold-out."""
    mechanism: SubsetSelection

    @property
    def labels(self) -> tuple[SegmentLabel, ...]:
        return self.ground.model.labels

    def weights(self, shift: float) -> NDArray[np.float64]:
        """[U] how much each household counts."""
        return np.exp(shift * self.rising)

    def counts(self, shift: float, reports: int, generator: np.random.Generator) -> Mix:
        """Draw a quarter's reports and estimate."""
        owners = self.weeks.owners
        weights = np.where(self.reporting[owners], self.weights(shift)[owners], 0.0)
        totals = self.weeks.totals(
            self.mechanism, reports=reports, generator=generator, weights=weights
        )
        estimate = self.mechanism.estimate(totals)
        return Mix.of(
            np.array(estimate.values[:-1]),
            np.sqrt(estimate.variances[:-1]),
            self.counted,
            reports=reports,
        )

    def truth(self, shift: float) -> Mix:
        """Return the mix of those who report, without noise."""
        owners = self.weeks.owners
        weights = np.where(self.reporting[owners], self.weights(shift)[owners], 0.0)
        shares = weights @ self.weeks.parts / weights.sum()
        return Mix.of(shares[:-1], np.zeros(len(shares) - 1), self.counted)

    def refreshed(self, change: NDArray[np.float64]) -> TrainedModel:
        """Return the model with priors for a change of shares."""
        return with_priors(self.ground.model, self.appeal, change=change, viewings=self.viewings)


def drift_chapter(ground: Ground) -> Chapter:
    """Measure alarms and priors by drift and by size of the fleet."""
    stage = _prepared(ground)
    generator = np.random.default_rng([ground.seed, 19, 2])
    later = ground.log.select(ground.log.watched_on >= ground.split.cut_at)
    judge = _Judge.of(stage, later)
    points = [
        _point(stage, judge, name, reports, generator) for name in _SHIFTS for reports in _FLEETS
    ]
    known = {
        name: stage.refreshed(stage.truth(shift).shares - stage.truth(0.0).shares)
        for name, shift in _SHIFTS.items()
    }
    limits = {name: judge.gain(known[name], shift) for name, shift in _SHIFTS.items()}
    # The strongest drift with priors that are known without noise, judged by who watched before.
    stale = _Judge.of(stage, ground.split.training)
    rejected = stale.gain(known[max(_SHIFTS, key=_SHIFTS.__getitem__)], 0.0)
    calm = [point for point in points if point.drift == "none"]
    false_alarms = sum(round(point.alarms * point.fleets) for point in calm)
    quarters = sum(point.fleets for point in calm)
    best = points[-1]
    gained = f"{best.gain:+.4f} ± {best.standard_error:.4f} NDCG@10"
    return Chapter(
        sections=(
            Section(
                title="Drift: priors that follow the counts",
                words="What a household without a history is shown, before and after its priors "
                f"were refreshed from counts at e^ε = {stage.mechanism.odds}, judged on households "
                "that no count has seen. Households with a history gain nothing: their picks do "
                "not depend on priors. Judged by what was watched before the drift, the same "
                f"priors change NDCG@10 by {rejected[0]:+.4f} ± {rejected[1]:.4f}: an old hold-out "
                "refuses exactly what follows the audience.",
                picture=gains_picture(points, {name: gain for name, (gain, _) in limits.items()}),
            ),
        ),
        lines=(
            ("priors", f"{gained} at {best.reports:,} reports, strong drift"),
            ("false alarms", f"in {false_alarms} of {quarters} quarters without drift"),
        ),
        facts={
            "points": points,
            "limits": {name: gain for name, (gain, _) in limits.items()},
            "stale_holdout": {"gain": rejected[0], "standard_error": rejected[1]},
            "false_alarms": false_alarms,
            "quarters_without_drift": quarters,
        },
    )


def _prepared(ground: Ground) -> _Stage:
    weeks, model = later_weeks(ground), ground.model
    assigned = assign_sessions(model, ground.split.training, seed=ground.seed)
    generator = np.random.default_rng([ground.seed, 19, 3])
    users = ground.log.user_count
    return _Stage(
        ground=ground,
        weeks=weeks,
        appeal=fit_appeal(model, assigned),
        counted=np.array([not label.sensitive for label in model.labels]),
        viewings=np.bincount(ground.split.training.items, minlength=len(model.titles)),
        rising=rising_tastes(ground, weeks),
        reporting=generator.permutation(users) % 2 == 0,
        mechanism=SubsetSelection(weeks.size, ground.artefacts.task.odds),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """The hold-out: those who do not report, each with what they watched."""

    stage: _Stage
    log: WatchLog
    users: NDArray[np.int64]
    stale: NDArray[np.float64]
    """NDCG@10 of the model as it is, one a user."""

    @classmethod
    def of(cls, stage: _Stage, log: WatchLog) -> _Judge:
        held_out = log.select(~stage.reporting[log.users])
        return cls(
            stage=stage,
            log=held_out,
            users=np.unique(held_out.users),
            stale=first_picks(stage.ground.model, held_out).ndcg_at_10,
        )

    def gain(self, model: TrainedModel, shift: float) -> tuple[float, float]:
        """Return the mean gain over the model as it is, and its standard error by household."""
        weights = self.stage.weights(shift)[self.users]
        gains = first_picks(model, self.log).ndcg_at_10 - self.stale
        mean = float(weights @ gains / weights.sum())
        error = np.sqrt(float((weights**2) @ (gains - mean) ** 2)) / weights.sum()
        return mean, float(error)


def _point(
    stage: _Stage, judge: _Judge, drift: str, reports: int, generator: np.random.Generator
) -> DriftPoint:
    shift = _SHIFTS[drift]
    gains, errors, alarms = [], [], []
    for _ in range(_FLEETS[reports]):
        before = stage.counts(0.0, reports, generator)
        now = stage.counts(shift, reports, generator)
        alarm = judge_drift(before, now, stage.labels)
        alarms.append(bool(alarm.segments))
        gain, error = judge.gain(stage.refreshed(believed_change(before, now, alarm)), shift)
        gains.append(gain)
        errors.append(error)
    return DriftPoint(
        drift=drift,
        reports=reports,
        fleets=len(gains),
        gain=fmean(gains),
        standard_error=fmean(errors),
        alarms=fmean(alarms),
    )
