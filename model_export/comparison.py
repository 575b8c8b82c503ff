"""One table for all models: the same people, the same split, the same metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from edgeagent.messages.fields import HeadName
from model_export.evaluation.baselines import Fitted, fit_ease, fit_itemknn, fit_popularity
from model_export.evaluation.ranking import (
    PersonHistory,
    RankingQuality,
    Scorer,
    Split,
    global_split,
    mean_and_se,
    paired_gain,
    ranked_titles,
    ranking_quality,
)
from model_export.evaluation.splits import (
    Aim,
    ColdSplit,
    cold_split,
    last_split,
    only,
    strong_split,
)
from model_export.heads.encoders import Encoder, encoded
from model_export.heads.files import TEMPERATURE
from model_export.heads.fit import HEADS, dimension_of, fit_head, no_linear, torch_is_there
from model_export.heads.fitted_head import FittedHead
from model_export.heads.trained_model import TrainedModel
from model_export.heads.tuning import FitOrder, Progress
from model_export.log import WatchLog
from model_export.segments.session_vectors import sample_sessions, session_vectors
from model_export.train import train

__all__ = ["PROTOCOLS", "Comparison", "Row", "compare", "model_names"]

PROTOCOLS = ("strong", "last", "global", "cold", "segments")

_AIMS: Mapping[str, Aim] = {
    "strong": "any", "last": "next", "global": "later", "cold": "any", "segments": "later",
}  # fmt: skip
"""What settings are chosen by: people of the training part, held out as those of the test are."""

_Fit = Callable[[Split], Fitted]


def _silent(_what: str, _done: float) -> None:
    """A progress callback for callers that gave none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How one model did; P people."""

    model: str
    quality: RankingQuality
    recall_at_50: NDArray[np.float64]
    """[P]."""
    coverage_fraction: float
    """Of all titles, those that stand in anybody's first ten."""
    novelty_bits: float
    """Mean of −log₂ of the part of people who watched a title, over all first tens."""
    seconds: float
    """To choose settings and to fit."""
    size_bytes: int

    def facts(self, baseline: Row) -> dict[str, object]:
        """Return the row for JSON; ``gain`` is paired, over ``baseline``."""
        quality = self.quality
        columns = {
            "ndcg_at_100": quality.ndcg_at_100,
            "ndcg_at_10": quality.ndcg_at_10,
            "recall_at_20": quality.recall_at_20,
            "recall_at_50": self.recall_at_50,
            "hr_at_10": quality.hit_rate_at_10,
        }
        gain = paired_gain(quality.ndcg_at_100, baseline.quality.ndcg_at_100)
        return {
            "model": self.model,
            **{name: mean_and_se(values)[0] for name, values in columns.items()},
            "se": mean_and_se(quality.ndcg_at_100)[1],
            "standard_errors": {name: mean_and_se(each)[1] for name, each in columns.items()},
            "gain_over": baseline.model,
            "gain_ndcg_at_100": {"mean": gain[0], "se": gain[1]},
            "coverage": self.coverage_fraction,
            "novelty_bits": self.novelty_bits,
            "seconds": round(self.seconds, 2),
            "bytes": self.size_bytes,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A table."""

    protocol: str
    people: int
    rows: tuple[Row, ...]
    """Gains are differences to the last one."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Rows that cannot be computed here, and why."""

    def facts(self, baseline: Row | None = None) -> dict[str, object]:
        """Return it for JSON; gains are differences to ``baseline``, or else to the last row."""
        rows = [row.facts(baseline or self.rows[-1]) for row in self.rows]
        return {"protocol": self.protocol, "users": self.people, "rows": rows}


def model_names(protocol: str, *, dimension: int, segments: int) -> tuple[str, ...]:
    """Return the rows that a table of ``protocol`` has, PyTorch or not."""
    fits = _fits(
        protocol,
        dimension=dimension,
        segments=segments,
        seed=0,
        trainings=1,
        progress=_silent,
    )
    return tuple(fits)


def compare(  # noqa: PLR0913  (what is compared, and with what)
    log: WatchLog,
    *,
    protocol: str,
    dimension: int,
    segments: int,
    seed: int,
    trainings: int = 3,
    models: Sequence[str] = (),
    progress: Progress = _silent,
) -> Comparison:
    """Fit each model on the training part of ``log`` and rank for the people held out.

    Args:
        log: all viewings.
        protocol: one of ``PROTOCOLS``.
        dimension: D of all heads; ``blend`` has two such rows side by side.
        segments: S of the fold-in.
        seed: of the split and of training.
        trainings: of ``timescales``, of which the best by validation is kept.
        models: names of rows; none means all.
        progress: told what is happening and how much of the whole is done, 0-1.

    Raises:
        InputError: an unknown row, or a log too small for the protocol.

    """
    split = _split(log, protocol, seed=seed)
    part, parts = 0, 1

    def within(what: str, done: float) -> None:
        progress(f"{chosen[part]}: {what}", (part + done) / parts)

    fits = _fits(
        protocol,
        dimension=dimension,
        segments=segments,
        seed=seed,
        trainings=trainings,
        progress=within,
    )
    missing = {} if models else _left_out(dimension=dimension)
    left_out = {name: why for name in fits for head, why in missing.items() if _is(name, head)}
    chosen = [name for name in _chosen(fits, models, protocol) if name not in left_out]
    parts = len(chosen)
    rows = []
    for part, name in enumerate(chosen):
        progress(name, part / parts)
        rows.append(_row(name, fits[name], split))
    return Comparison(
        protocol=protocol,
        people=len(split.people),
        rows=tuple(rows),
        left_out=left_out,
    )


def _split(log: WatchLog, protocol: str, *, seed: int) -> Split:
    if protocol == "strong":
        return strong_split(log, seed=seed)
    if protocol == "last":
        return last_split(log)
    if protocol == "cold":
        return cold_split(log, seed=seed)
    return global_split(log)


def _fits(
    protocol: str,
    *,
    dimension: int,
    segments: int,
    seed: int,
    trainings: int,
    progress: Progress,
) -> Mapping[str, _Fit]:
    """Return what fits each row, by name; gains are differences to the last one."""
    aim = _AIMS[protocol]

    order = FitOrder(dimension=dimension, seed=seed, progress=progress, aim=aim)

    def fitted(log: WatchLog, head: HeadName) -> Fitted:
        whole = replace(order, dimension=dimension_of(head, one=dimension))
        return _shipped(fit_head(log, head, whole, seeds=trainings))

    def personal(head: HeadName) -> _Fit:
        return lambda split: fitted(split.training, head)

    def warm(head: HeadName) -> _Fit:
        return lambda split: fitted(_warm(split), head)

    names = {head: f"{head}-{dimension_of(head, one=dimension)}" for head in HEADS}
    fits = {names[head]: personal(head) for head in HEADS}
    if protocol == "cold":
        fits |= {f"{names[head]} warm": warm(head) for head in HEADS}
        fits["popularity warm"] = lambda split: fit_popularity(_warm(split), recency=False)
        return fits
    if protocol == "segments":
        fits[f"segments-{segments}"] = lambda split: _by_segment(
            train(split.training, seed=seed, segments=segments, dimension=dimension),
            split.training,
            seed=seed,
        )
    else:
        fits["ease"] = lambda split: fit_ease(split.training, recency=False, aim=aim)
        fits["ease+recency"] = lambda split: fit_ease(split.training, recency=True, aim=aim)
        fits["itemknn"] = lambda split: fit_itemknn(split.training, aim=aim)
        fits["popularity+recency"] = lambda split: fit_popularity(
            split.training, recency=True, aim=aim
        )
    fits["popularity"] = lambda split: fit_popularity(split.training, recency=False)
    return fits


def _chosen(fits: Mapping[str, _Fit], models: Sequence[str], protocol: str) -> list[str]:
    """Return the rows that are asked for; all if none is named."""
    if unknown := [name for name in models if name not in fits]:
        raise InputError(
            f"no model {unknown[0]!r} in protocol {protocol!r}",
            hint=f"choose from {', '.join(fits)}",
        )
    return [name for name in fits if name in models or not models]


def _left_out(*, dimension: int) -> dict[HeadName, str]:
    """Return the heads that cannot be fitted here, and why."""
    left_out: dict[HeadName, str] = {}
    if why := no_linear(dimension=dimension):
        left_out |= {"linear": why, "blend": why}
    if not torch_is_there():
        why = "PyTorch trains it and is not installed: pip install 'edgeagent[train]'"
        left_out |= {"timescales": why, "blend": why}
    return left_out


def _is(name: str, head: HeadName) -> bool:
    """Whether a row is of this head."""
    return name.partition("-")[0] == head


def _row(name: str, fit: _Fit, split: Split) -> Row:
    began = time.perf_counter()
    fitted = fit(split)
    seconds = time.perf_counter() - began
    score = only(fitted.score, split.cold) if isinstance(split, ColdSplit) else fitted.score
    ranked = ranked_titles(split, score)
    pairs = zip(ranked, split.people, strict=True)
    first_tens = np.concatenate([first[:10] for first in ranked])
    return Row(
        model=name,
        quality=ranking_quality(split.people, ranked),
        recall_at_50=np.array([np.isin(r[:50], p.target).sum() / len(p.target) for r, p in pairs]),
        coverage_fraction=len(np.unique(first_tens)) / len(split.training.titles),
        novelty_bits=float(_self_information(split.training)[first_tens].mean()),
        seconds=seconds,
        size_bytes=fitted.size_bytes,
    )


def _self_information(log: WatchLog) -> NDArray[np.float64]:
    """Return [I] −log₂ of the part of people who watched a title, one more viewer added to each."""
    pairs = np.unique(log.users * len(log.titles) + log.items)
    viewers = np.bincount(pairs % len(log.titles), minlength=len(log.titles))
    return np.asarray(-np.log2((viewers + 1) / (log.user_count + 1)))


def _warm(split: Split) -> WatchLog:
    return split.warm_training if isinstance(split, ColdSplit) else split.training


def _shipped(head: FittedHead) -> Fitted:
    """Rank as the box does, from the int8 rows that are shipped."""
    table = head.table
    return Fitted(
        score=head.scorer(),
        size_bytes=table.rows.nbytes + table.scale.nbytes + head.bias.nbytes,
    )


def _by_segment(model: TrainedModel, training: WatchLog, *, seed: int) -> Fitted:
    """Rank by a person's mix of segments alone: Σ P(segment) · P(title | segment)."""
    encoder = model.encoder()
    sessions = sample_sessions(training, seed=seed)
    assigned = (session_vectors(sessions, encoder) @ model.centroids.T).argmax(axis=1)
    taste = np.zeros((len(model.centroids), len(training.titles)))
    for session, segment in zip(sessions, assigned, strict=True):
        np.add.at(taste[segment], session.items, session.completion)
    taste /= np.maximum(taste.sum(axis=1, keepdims=True), 1.0)
    return Fitted(score=_mixture(encoder, model.centroids, taste), size_bytes=4 * taste.size)


def _mixture(
    encoder: Encoder, centroids: NDArray[np.float64], taste: NDArray[np.float64]
) -> Scorer:
    def score(history: PersonHistory) -> NDArray[np.floating]:
        user = encoded(encoder, history)
        cosine = centroids @ user / max(float(np.linalg.norm(user)), 1e-6)
        odds = np.exp((cosine - cosine.max()) / TEMPERATURE)
        return np.asarray(odds / odds.sum() @ taste)

    return score
