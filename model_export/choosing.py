"""Which head to ship for a log: the split in time decides, and says by how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from edgeagent.messages.fields import HeadName
from model_export.evaluation.ranking import evaluate_ranking, global_split, mean_and_se, paired_gain
from model_export.heads.fit import fit_head, torch_is_there
from model_export.heads.foldin_tuning import FitOrder, Progress
from model_export.log import WatchLog

__all__ = ["HeadChoice", "choose_head"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadChoice:
    """The head to ship; P people judged, none where nothing was compared."""

    head: HeadName
    foldin: NDArray[np.float64]
    """[P] NDCG@100 on what came after the first four fifths of the time."""
    timescales: NDArray[np.float64]
    """[P] for the same people."""
    not_compared: str = ""
    """Why there is nothing to choose from."""

    @classmethod
    def of(
        cls,
        *,
        foldin: NDArray[np.float64],
        timescales: NDArray[np.float64],
        previous: HeadName | None,
    ) -> Self:
        """Choose by NDCG@100 [P] of both.

        Against the head of the model before, or else against ``foldin``, the other one has to win
        by more than one paired standard error: another head gives other reasons and puts sessions
        into other segments, and where nothing is lost, the head whose reasons are exact and which
        needs no PyTorch is the better one.
        """
        gain, error = paired_gain(timescales, foldin)
        head: HeadName = previous or "foldin"
        if abs(gain) > error:
            head = "timescales" if gain > 0 else "foldin"
        return cls(head=head, foldin=foldin, timescales=timescales)

    def facts(self) -> dict[str, object]:
        """Return it for JSON."""
        if self.not_compared:
            return {"head": self.head, "not_compared": self.not_compared}
        gain, error = paired_gain(self.timescales, self.foldin)
        return {
            "head": self.head,
            "people": len(self.foldin),
            "ndcg_at_100": {
                "foldin": mean_and_se(self.foldin)[0],
                "timescales": mean_and_se(self.timescales)[0],
            },
            "gain_of_timescales": {"mean": gain, "se": error},
        }

    def in_words(self) -> str:
        """Return it for people."""
        if self.not_compared:
            return f"head {self.head}: {self.not_compared}"
        gain, error = paired_gain(self.timescales, self.foldin)
        return (
            f"head {self.head}: on the split in time, {len(self.foldin):,} people, NDCG@100 is "
            f"{self.foldin.mean():.3f} for foldin and {self.timescales.mean():.3f} for timescales "
            f"({gain:+.3f} ± {error:.3f} s.e., paired)"
        )


def choose_head(
    log: WatchLog,
    *,
    dimension: int,
    seed: int,
    progress: Progress,
    previous: HeadName | None = None,
) -> HeadChoice:
    """Fit both heads to the first four fifths of the time and judge them on the rest.

    Args:
        log: the viewings.
        dimension: D.
        seed: of both fits.
        progress: told what is happening and how much of the whole is done, 0-1.
        previous: head of the model before, which stays unless the other is clearly better.

    """
    if not torch_is_there():
        return _uncompared(
            "timescales was not tried, PyTorch is not installed: pip install 'edgeagent[train]'",
            previous,
        )
    try:
        split = global_split(log)
    except InputError:
        return _uncompared("the log is too small to compare heads on a split in time", previous)

    def judged(head: HeadName, begin: float, end: float) -> NDArray[np.float64]:
        order = FitOrder(
            dimension=dimension,
            seed=seed,
            progress=lambda what, done: progress(
                f"Comparing heads, {head}: {what}", begin + (end - begin) * done
            ),
        )
        fitted = fit_head(split.training, head, order, seeds=1)
        return evaluate_ranking(split, fitted.scorer()).ndcg_at_100

    foldin, timescales = judged("foldin", 0.0, 0.3), judged("timescales", 0.3, 1.0)
    return HeadChoice.of(foldin=foldin, timescales=timescales, previous=previous)


def _uncompared(why: str, previous: HeadName | None) -> HeadChoice:
    nobody = np.empty(0)
    return HeadChoice(head=previous or "foldin", foldin=nobody, timescales=nobody, not_compared=why)
