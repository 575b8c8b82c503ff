"""Answers as a published ranker does: by popularity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["Popularity"]


class Popularity:
    """Ranks by viewings, or, with ``turned`` or before its second epoch, the other way round."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []

    def __call__(self, question: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        self.asked.append(question)
        settings = question["settings"]
        watched = np.concatenate([np.array(each) for each in question["training"]])
        order = np.argsort(-np.bincount(watched, minlength=question["titles"]), kind="stable")
        if settings.get("turned"):
            order = order[::-1]
        epochs = [order[::-1], order, order[::-1]][: settings.get("epochs", 3)]
        states = epochs if "epochs" in settings else [order]
        return [
            {"ranked": [[t for t in state.tolist() if t not in own][:100] for own in histories],
             "bytes": 8}
            for state, histories in ((each, question["histories"]) for each in states)
        ]  # fmt: skip
