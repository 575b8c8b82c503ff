"""Fitting head B: several seeds, each stopped where people's latest viewings are told worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeagent.errors import InputError
from model_export.evaluation.ranking import RankingQuality, Split, evaluate_ranking
from model_export.evaluation.splits import tail_split
from model_export.heads.devices import TrainingDevice
from model_export.heads.encoders import history_scorer
from model_export.heads.factors import ItemTable
from model_export.heads.timescales import TimescalesEncoder
from model_export.heads.timescales_torch import Recipe, Snapshot, Trainer
from model_export.heads.tuning import Progress, validation_value
from model_export.log import WatchLog

__all__ = ["FittedTimescales", "TrainingOrder", "fit_timescales"]

_MAX_ROUNDS = 40
_ROUNDS_WITHOUT_GAIN = 2
_SLOWING = 0.85
_UNJUDGED_ROUNDS = 8
"""For logs too small to hold anybody's latest viewings out."""
_VALIDATION_PEOPLE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOrder:
    """How head B is trained."""

    recipe: Recipe
    tail: int
    """How many viewings of a person judge a training."""
    seed: int
    """Of the first training; the next ones follow it."""
    seeds: int
    """How many trainings."""
    more: Sequence[WatchLog] = ()
    """Further people to learn from, read part by part."""
    device: TrainingDevice = "cpu"
    """Where it is computed."""

    def trainer(self, log: WatchLog, *, seed: int) -> Trainer:
        """Return one that learns from ``log`` and from the further people."""
        return Trainer(log, self.recipe, seed=seed, more=self.more, device=self.device)


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedTimescales:
    """The best of several trainings."""

    snapshot: Snapshot
    validation: RankingQuality | None
    """Measured with the int8 rows; ``None`` where the log is too small to hold anything out."""
    seed: int
    """The seed of the training that was kept."""
    rounds: int
    """How many times it was trained on every viewing."""


def fit_timescales(log: WatchLog, order: TrainingOrder, *, progress: Progress) -> FittedTimescales:
    """Train several times and return what tells people's latest viewings best.

    Of up to 1,000 people of ``log`` the last viewings, ``order.tail`` at most and a fifth of what
    they watched, are kept out of training and judge every round; a training ends when two rounds
    in a row have not been its best.

    Args:
        log: at least one person watched two titles.
        order: how to train.
        progress: told what is happening and how much of the whole is done, 0-1.

    Raises:
        InputError: nobody watched two titles.

    """
    if not (np.bincount(log.users) > 1).any():
        raise InputError(
            "nobody in the log watched two titles, so nothing follows from anything",
            hint="give a larger log, or train with --head foldin",
        )
    try:
        split = tail_split(
            log, length=order.tail, maximum_people=_VALIDATION_PEOPLE, seed=order.seed
        )
    except InputError:
        return _unjudged(log, order, progress=progress)
    trainings = (
        _stopped_early(
            split,
            order,
            seed=order.seed + number,
            progress=_part(progress, number, order),
        )
        for number in range(order.seeds)
    )
    return max(trainings, key=_value)


def _stopped_early(
    split: Split, order: TrainingOrder, *, seed: int, progress: Progress
) -> FittedTimescales:
    trainer = order.trainer(split.training, seed=seed)
    found: list[FittedTimescales] = []
    for number in range(1, _MAX_ROUNDS + 1):
        _round(trainer, number, progress)
        snapshot = trainer.snapshot()
        quality = _quality(snapshot, split)
        found.append(
            FittedTimescales(snapshot=snapshot, validation=quality, seed=seed, rounds=number)
        )
        if number >= max(found, key=_value).rounds + _ROUNDS_WITHOUT_GAIN:
            break
    return max(found, key=_value)


def _unjudged(log: WatchLog, order: TrainingOrder, *, progress: Progress) -> FittedTimescales:
    trainer = order.trainer(log, seed=order.seed)
    for number in range(1, _UNJUDGED_ROUNDS + 1):
        _round(trainer, number, progress)
    return FittedTimescales(
        snapshot=trainer.snapshot(), validation=None, seed=order.seed, rounds=_UNJUDGED_ROUNDS
    )


def _round(trainer: Trainer, number: int, progress: Progress) -> None:
    """Learn from everything once. The number of rounds is not known, so the bar only nears 1."""
    for done in trainer.round():
        progress(f"round {number}", 1 - _SLOWING ** (number - 1 + done))


def _quality(snapshot: Snapshot, split: Split) -> RankingQuality:
    embeddings = ItemTable.of(snapshot.embeddings).embeddings()
    encoder = TimescalesEncoder(embeddings, snapshot.weights)
    return evaluate_ranking(split, history_scorer(encoder, embeddings, snapshot.bias))


def _value(fitted: FittedTimescales) -> float:
    return -np.inf if fitted.validation is None else validation_value(fitted.validation)


def _part(progress: Progress, number: int, order: TrainingOrder) -> Progress:
    """Return the progress of one training among several."""
    seeds, where = order.seeds, " on a GPU" if order.device == "cuda" else ""
    return lambda what, done: progress(
        f"Training {number + 1} of {seeds}{where}, {what}", (number + done) / seeds
    )
