"""Which head to ship for a log: the split in time decides, and says by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from edgeagent.messages.fields import HeadName
from model_export.evaluation.ranking import evaluate_ranking, global_split, mean_and_se, paired_gain
from model_export.heads.devices import Device
from model_export.heads.fit import HEADS, dimension_of, fit_head, no_linear, torch_is_there
from model_export.heads.fitted_head import FittedHead
from model_export.heads.linear_fit import LENGTHS
from model_export.heads.tuning import FitOrder, Progress
from model_export.log import WatchLog

__all__ = ["HeadChoice", "choose_head"]

_EFFORT: Mapping[HeadName, float] = {"foldin": 3.0, "linear": 1.0, "timescales": 7.0, "blend": 6.0}
"""How long the fits take, beside each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadChoice:
    """The head to ship; P people judged, none where nothing was compared."""

    head: HeadName
    judged: Mapping[HeadName, NDArray[np.float64]]
    """[P] NDCG@100 on what came after the first four fifths of the time, for the same people."""
    left_out: tuple[str, ...] = ()
    """Why a head was not tried."""

    @classmethod
    def of(
        cls,
        judged: Mapping[HeadName, NDArray[np.float64]],
        *,
        previous: HeadName | None,
        left_out: tuple[str, ...] = (),
    ) -> Self:
        """Choose by NDCG@100 [P] of each.

        Against the head of the model before, or else the first of ``judged``, another has to win by
        more than one paired standard error: another head gives other reasons and puts sessions into
        other segments, and where nothing is lost, a head whose reasons are exact and which needs no
        PyTorch is the better one.
        """
        stays = previous if previous in judged else next(iter(judged), previous)
        head: HeadName = stays or HEADS[0]
        for other, quality in judged.items():
            gain, error = paired_gain(quality, judged[head])
            if gain > error:
                head = other
        return cls(head=head, judged=judged, left_out=left_out)

    def facts(self) -> dict[str, object]:
        """Return it for JSON; gains are those of the head over the others."""
        facts: dict[str, object] = {"head": self.head}
        if self.left_out:
            facts["not_compared"] = "; ".join(self.left_out)
        if self.judged:
            facts |= {
                "people": len(self.judged[self.head]),
                "ndcg_at_100": {name: mean_and_se(each)[0] for name, each in self.judged.items()},
                "gain_over": {
                    name: dict(zip(("mean", "se"), self._gain_over(name), strict=True))
                    for name in self._others()
                },
            }
        return facts

    def in_words(self) -> str:
        """Return it for people."""
        lines = [f"head {self.head}: {'; '.join(self.left_out)}"] if self.left_out else []
        if self._others():
            own = self.judged[self.head]
            lines.append(
                f"head {self.head}: on the split in time, {len(own):,} people, its NDCG@100 is "
                f"{own.mean():.3f}"
            )
            for name in self._others():
                gain, error = self._gain_over(name)
                lines.append(
                    f"  {name}: {self.judged[name].mean():.3f}, {gain:+.3f} ± {error:.3f} less "
                    "(s.e., paired)"
                )
        return "\n".join(lines)

    def _others(self) -> list[HeadName]:
        return [name for name in self.judged if name != self.head]

    def _gain_over(self, name: HeadName) -> tuple[float, float]:
        return paired_gain(self.judged[self.head], self.judged[name])


def choose_head(
    log: WatchLog,
    *,
    dimension: int | None = None,
    seed: int,
    progress: Progress,
    previous: HeadName | None = None,
    device: Device = "cpu",
) -> HeadChoice:
    """Fit each head to the first four fifths of the time and judge it on the rest.

    Args:
        log: the viewings.
        dimension: D; ``None`` is what ``train`` takes then.
        seed: of all fits.
        progress: told what is happening and how much of the whole is done, 0-1.
        previous: head of the model before, which stays unless another is clearly better.
        device: where head ``timescales`` is trained.

    """
    left_out = dict(_left_out(dimension=dimension))
    heads = [head for head in HEADS if head not in left_out]
    try:
        split = global_split(log)
    except InputError:
        small = "the log is too small to compare heads on a split in time"
        return HeadChoice.of({}, previous=previous or heads[0], left_out=(small,))
    parts = np.cumsum([0.0, *(_EFFORT[head] for head in heads)])
    parts /= parts[-1]

    done: list[FittedHead] = []

    def judged(head: HeadName, begin: float, end: float) -> NDArray[np.float64]:
        order = FitOrder(
            dimension=dimension or dimension_of(head),
            lengths=() if dimension else LENGTHS,
            seed=seed,
            progress=lambda what, done: progress(
                f"Comparing heads, {head}: {what}", begin + (end - begin) * done
            ),
            device=device,
        )
        halves = () if dimension else tuple(done)
        fitted = fit_head(split.training, head, order, seeds=1, halves=halves)
        done.append(fitted)
        return evaluate_ranking(split, fitted.scorer()).ndcg_at_100

    return HeadChoice.of(
        {head: judged(head, *parts[n : n + 2].tolist()) for n, head in enumerate(heads)},
        previous=previous,
        left_out=tuple(left_out.values()),
    )


def _left_out(*, dimension: int | None) -> Iterator[tuple[HeadName, str]]:
    """Yield the heads that cannot be fitted here, and why."""
    if why := no_linear(dimension=dimension or dimension_of("linear")):
        yield "linear", f"linear was not tried, {why}"
    if not torch_is_there():
        why = "PyTorch is not installed: pip install 'edgeagent[train]'"
        yield "timescales", f"timescales was not tried, {why}"
    # Of both reasons the last is the one to name. Half of its dimensions are those of linear.
    if why := why or no_linear(dimension=(dimension or dimension_of("blend")) // 2):
        yield "blend", f"blend was not tried, {why}"
