"""Training of head B with PyTorch (extra ``train``): the one file that imports it.

Full softmax cross-entropy over all watched titles, as in Klenitskiy and Vasilev 2023, "Turning
dross into gold loss: is BERT4Rec really better than SASRec?"; with sampled losses the published
sequential models rank worse. The weights that are kept are a running mean (Polyak and Juditsky
1992).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from edgeagent.clock import DAY_SECONDS
from model_export.heads.als import LocalEngine
from model_export.heads.timescales import (
    LARGEST_EXPONENT,
    SCALES,
    SMALLEST_SUM,
    TimescalesWeights,
)
from model_export.heads.timescales_batches import Batch, batches, rows_by_person
from model_export.log import WatchLog

__all__ = ["Recipe", "Snapshot", "Trainer"]

_Tensors = dict[str, Any]
"""Tensors by name. (PyTorch is not there where types are checked.)"""

_PER_VIEWING = (1.5, 0.5, 0.17, 0.06, 0.02, 0.003)
_PER_DAY = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
"""Where the decays start: from the last viewing to the last few hundred, from days to years."""
_START_LENGTH = 3.0
_START_LAMBDA = 10.0
_TINY = 1e-12
_DECAYS_FASTER = 5.0
"""Decays are few and smooth: their logarithms learn at so many times the rate of the rest."""
_BETAS = (0.9, 0.98)
_SMALLEST_BATCH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How training is done; chosen on validation data of MovieLens small."""

    dimension: int = 128
    hidden: int = 96
    ahead: int = 1
    """A target is one of so many viewings to come."""
    learning_rate: float = 2e-3
    weight_decay: float = 0.0
    forgotten_fraction: float = 0.2
    """Of the viewings of a history, left out at random."""
    hidden_dropout: float = 0.2
    strangers_fraction: float = 0.05
    """Of the targets, predicted for a person without a history: what the bias learns from."""
    largest_batch: int = 1024
    steps_a_round: int = 200
    """At least; a small log has smaller batches, down to 64."""
    memory: float = 0.99
    """Of the running mean, per step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a round of training has come to: N titles, D dimensions."""

    embeddings: NDArray[np.float32]
    """[N, D]; rows of titles nobody watched are zero."""
    bias: NDArray[np.float32]
    """[N] ≥ 0; an unwatched title is taken for a middling one."""
    weights: TimescalesWeights


class Trainer:
    """Learns from one log, round by round; equal arguments give equal snapshots."""

    def __init__(self, log: WatchLog, recipe: Recipe, *, seed: int) -> None:
        """Begin with random embeddings."""
        self._recipe = recipe
        self._titles = len(log.titles)
        self._watched = np.unique(log.items)
        self._random = torch.Generator().manual_seed(seed)
        self._rng = np.random.default_rng(seed)
        self._people = rows_by_person(log)
        place = np.zeros(self._titles, dtype=np.int64)
        place[self._watched] = np.arange(len(self._watched))
        self._items = torch.from_numpy(place[log.items])
        self._completion = torch.from_numpy(np.ascontiguousarray(log.completion))
        self._days = torch.from_numpy((log.watched_on - log.watched_on.min()) / DAY_SECONDS)
        self._live = self._start(log, seed=seed)
        self._mean = {name: value.detach().clone() for name, value in self._live.items()}
        self._optimizer = self._optimizer_of(self._live)
        self._steps = 0

    def round(self) -> Iterator[float]:
        """Learn from everything once; yields how much of it is done, 0-1."""
        done, total = 0, sum(len(rows) - 1 for rows in self._people)
        size = min(
            max(total // self._recipe.steps_a_round, _SMALLEST_BATCH), self._recipe.largest_batch
        )
        for batch in batches(self._people, size=size, ahead=self._recipe.ahead, rng=self._rng):
            self._step(batch)
            done += int((batch.target >= 0).sum())
            yield done / total

    def snapshot(self) -> Snapshot:
        """Return the running mean as it is now."""
        mean = {name: value.double().numpy() for name, value in self._mean.items()}
        embeddings = np.zeros((self._titles, self._recipe.dimension), dtype=np.float32)
        embeddings[self._watched] = mean["embeddings"]
        bias = np.full(self._titles, np.median(mean["bias"]))
        bias[self._watched] = mean["bias"]
        return Snapshot(
            embeddings=embeddings,
            bias=(bias - bias.min()).astype(np.float32),
            weights=TimescalesWeights(
                per_viewing=np.exp(mean["log_per_viewing"]),
                per_day=np.exp(mean["log_per_day"]),
                first=mean["first"].copy(),
                offset=mean["offset"].copy(),
                second=mean["second"].copy(),
                skip=mean["skip"].copy(),
            ),
        )

    def _start(self, log: WatchLog, *, seed: int) -> _Tensors:
        """Begin where head A ends: near each other is what the same people watched."""
        dimension, hidden = self._recipe.dimension, self._recipe.hidden
        wide = SCALES * dimension
        viewings = np.bincount(log.items)[self._watched]
        factors = LocalEngine().fit(
            log, alpha=1.0, regularization=_START_LAMBDA, dimension=dimension, seed=seed
        )[self._watched]
        lengths = np.maximum(np.linalg.norm(factors, axis=1, keepdims=True), _TINY)
        start = {
            "embeddings": torch.from_numpy(_START_LENGTH * factors / lengths),
            "bias": torch.from_numpy(np.log(viewings / viewings.sum())).float(),
            "log_per_viewing": torch.tensor(_PER_VIEWING).log(),
            "log_per_day": torch.tensor(_PER_DAY).log(),
            "first": self._normal(hidden, wide) * wide**-0.5,
            "offset": torch.zeros(hidden),
            "second": self._normal(dimension, hidden) * hidden**-0.5,
            "skip": torch.full((SCALES, dimension), 1 / SCALES),
        }
        return {name: value.requires_grad_() for name, value in start.items()}

    def _optimizer_of(self, live: _Tensors) -> Any:  # noqa: ANN401  (see _Tensors)
        rate, decay = self._recipe.learning_rate, self._recipe.weight_decay
        decays = [live["log_per_viewing"], live["log_per_day"]]
        rest = [live[name] for name in ("embeddings", "first", "offset", "second", "skip")]
        return torch.optim.AdamW(
            [
                {"params": rest, "weight_decay": decay},
                {"params": [live["bias"]]},
                {"params": decays, "lr": _DECAYS_FASTER * rate},
            ],
            lr=rate,
            betas=_BETAS,
            weight_decay=0.0,
        )

    def _step(self, batch: Batch) -> None:
        live = self._live
        there = torch.from_numpy(batch.target >= 0)
        users = self._users(batch)[there]
        users = users * self._kept(1 - self._recipe.strangers_fraction, len(users), 1)
        scores = torch.addmm(live["bias"], users, live["embeddings"].T)
        targets = self._items[torch.from_numpy(batch.target)[there]]
        self._optimizer.zero_grad()
        functional.cross_entropy(scores, targets).backward()
        self._optimizer.step()
        self._steps += 1
        # Early on the mean forgets faster: it must not hold on to where training began.
        memory = min(self._recipe.memory, (1 + self._steps) / (10 + self._steps))
        with torch.no_grad():
            for name, value in live.items():
                self._mean[name].lerp_(value, 1 - memory)

    def _users(self, batch: Batch) -> Any:  # noqa: ANN401  (see _Tensors)
        """Return [B, T, D] what each target is predicted with."""
        live = self._live
        history = torch.from_numpy(batch.history)
        last = torch.from_numpy(batch.last)
        rows = live["embeddings"][self._items[history]]
        weights = self._completion[history] * torch.from_numpy(batch.there)
        weights = weights * self._kept(1 - self._recipe.forgotten_fraction, *weights.shape)
        later = last[:, :, None] - torch.arange(history.shape[1])
        days = self._days[history]
        age = (days.gather(1, last)[:, :, None] - days[:, None, :]).float().clamp_min(0)
        exponent = (
            live["log_per_viewing"].exp()[:, None, None] * later[:, None].clamp_min(0)
            + live["log_per_day"].exp()[:, None, None] * age[:, None]
        ).clamp_max(LARGEST_EXPONENT)
        decayed = weights[:, None, None] * torch.exp(-exponent)
        decayed = decayed.masked_fill(later[:, None] < 0, 0.0)  # [B, K, T, C]
        sums = decayed.sum(-1, keepdim=True).clamp_min(SMALLEST_SUM)
        means = torch.matmul(decayed / sums, rows[:, None]).permute(0, 2, 1, 3)
        inner = means.flatten(2) @ live["first"].T + live["offset"]
        hidden = functional.silu(inner) - functional.silu(live["offset"])
        keep = 1 - self._recipe.hidden_dropout
        hidden = hidden * self._kept(keep, *hidden.shape) / keep
        return hidden @ live["second"].T + (live["skip"] * means).sum(2)

    def _normal(self, *shape: int) -> Any:  # noqa: ANN401  (see _Tensors)
        return torch.randn(*shape, generator=self._random)

    def _kept(self, chance: float, *shape: int) -> Any:  # noqa: ANN401  (see _Tensors)
        """Return ones with this chance, else zeros: drawn from our seed, not from a global one."""
        return torch.empty(*shape).bernoulli_(chance, generator=self._random)
