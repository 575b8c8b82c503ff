"""What a chapter is made from, and what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeagent.messages.artefacts import Artefacts
from edgeagent.simulator.pictures.picture import Section
from model_export.evaluation.ranking import GlobalSplit
from model_export.heads.trained_model import TrainedModel
from model_export.log import WatchLog

__all__ = ["Chapter", "Ground"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every chapter may use of a run."""

    seed: int
    log: WatchLog
    """The whole panel, or all ratings."""
    split: GlobalSplit
    """Of it: the model was trained on the earlier part."""
    model: TrainedModel
    artefacts: Artefacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """What a chapter adds to the page, to the lines in short, to the JSON and to the promises."""

    sections: tuple[Section, ...]
    lines: tuple[tuple[str, str], ...]
    """Name and result, for people."""
    facts: Mapping[str, object]
    """For machines."""
    broken: tuple[str, ...] = ()
    """Promises that did not hold."""
