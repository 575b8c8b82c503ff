"""Whether new priors are better, on viewings that are dated, current, and in no count.

Judged are households without a history, which priors are for. A hold-out from before the drift
would refuse exactly the priors that follow it; so its date is a rule, not a remark.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeagent.clock import iso_utc, week_start
from edgeagent.errors import InputError
from edgeagent.messages import Message
from model_export.drift.counts import Mix
from model_export.evaluation.ranking import (
    PersonHistory,
    RankingQuality,
    TestPerson,
    mean_and_se,
    paired_gain,
    ranking_quality,
)
from model_export.heads.trained_model import TrainedModel
from model_export.log import WatchLog

__all__ = ["PriorsJudgement", "first_picks", "judge_priors"]

_CLEAR = 2.0
"""Standard errors above zero before a gain counts as one."""


class PriorsJudgement(Message, frozen=True, kw_only=True):
    """NDCG@10 of first picks by two models, for the same people."""

    people: int
    watched_from: str
    watched_until: str
    stale: float
    refreshed: float
    gain: float
    standard_error: float
    """Of the gain, paired by person."""

    @property
    def better(self) -> bool:
        """Whether the refreshed priors are clearly better."""
        return self.gain > _CLEAR * self.standard_error


def judge_priors(
    stale: TrainedModel, refreshed: TrainedModel, log: WatchLog, *, counts: Mix
) -> PriorsJudgement:
    """Compare first picks on a hold-out of people whose viewings no round has used.

    Raises:
        InputError: the hold-out ends before the counts begin, or is of other titles.

    """
    if log.titles != stale.titles:
        raise InputError(
            "the hold-out is over other titles than the model",
            hint="give viewings of the catalogue that the model was trained with",
        )
    if not len(log):
        raise InputError("the hold-out holds no viewings", hint="give a log with viewings")
    begin = week_start(min(counts.weeks))
    current = log.select(log.watched_on >= begin)
    if not len(current):
        raise InputError(
            f"the hold-out ends on {iso_utc(int(log.watched_on[-1]))[:10]}, before the counts "
            f"begin on {iso_utc(begin)[:10]}: it would refuse exactly what has changed since",
            hint="give viewings of the weeks that were counted, or later ones",
        )
    before, after = (first_picks(model, current) for model in (stale, refreshed))
    gain, error = paired_gain(after.ndcg_at_10, before.ndcg_at_10)
    return PriorsJudgement(
        people=len(before.ndcg_at_10),
        watched_from=iso_utc(int(current.watched_on[0])),
        watched_until=iso_utc(int(current.watched_on[-1])),
        stale=mean_and_se(before.ndcg_at_10)[0],
        refreshed=mean_and_se(after.ndcg_at_10)[0],
        gain=gain,
        standard_error=error,
    )


def first_picks(model: TrainedModel, log: WatchLog) -> RankingQuality:
    """Judge what a model shows a household without a history by what each person watched."""
    people = tuple(
        TestPerson(
            user=int(user), history=_nothing(), target=np.unique(log.items[log.users == user])
        )
        for user in np.unique(log.users)
    )
    first: NDArray[np.intp] = np.argsort(-model.bias.astype(np.float64), kind="stable")[:100]
    return ranking_quality(people, (first,) * len(people))


def _nothing() -> PersonHistory:
    return PersonHistory(
        items=np.zeros(0, dtype=np.int64),
        completion=np.zeros(0, dtype=np.float32),
        watched_on=np.zeros(0, dtype=np.int64),
        now=0,
    )
