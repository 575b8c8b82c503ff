"""Training of head B with PyTorch (extra ``train``): the one file that imports it.

Full softmax cross-entropy over all watched titles, as in Klenitskiy and Vasilev 2023, "Turning
dross into gold loss: is BERT4Rec really better than SASRec?"; with sampled losses the published
sequential models rank worse. The weights that are kept are a running mean (Polyak and Juditsky
1992).

On a GPU everything that is drawn is still drawn on the processor, from the same seed: both see the
same batches and the same dropout, and differ by rounding alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from edgeagent.clock import DAY_SECONDS
from model_export.heads.als import LocalEngine
from model_export.heads.devices import TrainingDevice
from model_export.heads.timescales import (
    LARGEST_EXPONENT,
    SCALES,
    SMALLEST_SUM,
    TimescalesWeights,
)
from model_export.heads.timescales_batches import Batch, batches, rows_by_person
from model_export.log import WatchLog

__all__ = ["Recipe", "Snapshot", "Trainer", "why_no_cuda"]

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
_CUBLAS = ("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
"""Without it cuBLAS adds in an order that differs from run to run; read when it is first used."""


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


def why_no_cuda() -> str:
    """Return why PyTorch cannot train on a GPU by CUDA here; nothing where it can."""
    if torch.cuda.is_available():
        return ""
    if torch.version.cuda is None:
        return f"PyTorch {torch.__version__} is a build without CUDA"
    return "PyTorch finds no GPU that it can use"


class Trainer:
    """Learns from a log, round by round; equal arguments give equal snapshots.

    People may come in several parts, each a log of some people's whole histories over the same
    titles: one part is in memory at a time, besides the first.
    """

    def __init__(
        self,
        log: WatchLog,
        recipe: Recipe,
        *,
        seed: int,
        more: Sequence[WatchLog] = (),
        device: TrainingDevice = "cpu",
    ) -> None:
        """Begin with the embeddings that head A would have of ``log``.

        Args:
            log: the first part.
            recipe: of training.
            seed: of everything that is drawn.
            more: the other parts, read when they are asked for.
            device: where it is computed.

        """
        self._recipe = recipe
        self._device = device
        self._parts = _Parts(log, more)
        self._titles = len(log.titles)
        self._random = torch.Generator().manual_seed(seed)
        self._rng = np.random.default_rng(seed)
        viewings = np.zeros(self._titles, dtype=np.int64)
        self._total = 0
        for part in self._parts:
            viewings += np.bincount(part.items, minlength=self._titles)
            self._total += sum(len(rows) - 1 for rows in rows_by_person(part))
        self._watched = np.flatnonzero(viewings)
        self._place = np.zeros(self._titles, dtype=np.int64)
        self._place[self._watched] = np.arange(len(self._watched))
        self._taken: WatchLog | None = None
        self._take(log)
        self._live = self._start(log, viewings[self._watched], seed=seed)
        self._mean = {name: value.detach().clone() for name, value in self._live.items()}
        self._optimizer = self._optimizer_of(self._live)
        self._steps = 0

    def round(self) -> Iterator[float]:
        """Learn from everything once; yields how much of it is done, 0-1."""
        done = 0
        size = min(
            max(self._total // self._recipe.steps_a_round, _SMALLEST_BATCH),
            self._recipe.largest_batch,
        )
        with _same_sums(self._device):
            for part in self._parts.shuffled(self._rng):
                self._take(part)
                drawn = batches(self._people, size=size, ahead=self._recipe.ahead, rng=self._rng)
                for batch in drawn:
                    self._step(batch)
                    done += int((batch.target >= 0).sum())
                    yield done / self._total

    def snapshot(self) -> Snapshot:
        """Return the running mean as it is now."""
        mean = {name: value.double().cpu().numpy() for name, value in self._mean.items()}
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

    def _take(self, part: WatchLog) -> None:
        """Learn from this part until another one is taken."""
        if part is self._taken:
            return
        self._taken = part
        self._people = rows_by_person(part)
        self._items = self._there(self._place[part.items])
        self._completion = self._there(np.ascontiguousarray(part.completion))
        self._days = self._there((part.watched_on - part.watched_on.min()) / DAY_SECONDS)

    def _start(self, log: WatchLog, viewings: NDArray[np.int64], *, seed: int) -> _Tensors:
        """Begin where head A ends: near each other is what the same people watched.

        Of titles that only other parts know, it begins with rows of zeros.
        """
        dimension, hidden = self._recipe.dimension, self._recipe.hidden
        wide = SCALES * dimension
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
        return {name: value.to(self._device).requires_grad_() for name, value in start.items()}

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
        there = self._there(batch.target >= 0)
        users = self._users(batch)[there]
        users = users * self._kept(1 - self._recipe.strangers_fraction, len(users), 1)
        scores = torch.addmm(live["bias"], users, live["embeddings"].T)
        targets = self._items[self._there(batch.target)[there]]
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
        history = self._there(batch.history)
        last = self._there(batch.last)
        rows = live["embeddings"][self._items[history]]
        weights = self._completion[history] * self._there(batch.there)
        weights = weights * self._kept(1 - self._recipe.forgotten_fraction, *weights.shape)
        later = last[:, :, None] - torch.arange(history.shape[1], device=self._device)
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
        kept = torch.empty(*shape).bernoulli_(chance, generator=self._random)
        return kept.to(self._device)

    def _there(self, array: NDArray[Any]) -> Any:  # noqa: ANN401  (see _Tensors)
        return torch.from_numpy(array).to(self._device)


class _Parts:
    """The parts of a log, of which the first is held."""

    def __init__(self, log: WatchLog, more: Sequence[WatchLog]) -> None:
        self._log = log
        self._more = more

    def __iter__(self) -> Iterator[WatchLog]:
        yield self._log
        yield from self._more

    def shuffled(self, rng: np.random.Generator) -> Iterator[WatchLog]:
        if not self._more:
            yield self._log  # nothing to draw
            return
        for place in rng.permutation(len(self._more) + 1).tolist():
            yield self._log if place == 0 else self._more[place - 1]


@contextmanager
def _same_sums(device: TrainingDevice) -> Iterator[None]:
    """Let a GPU add in the same order in every run, wherever it has a way to."""
    if device == "cpu":
        yield
        return
    os.environ.setdefault(*_CUBLAS)
    before = torch.are_deterministic_algorithms_enabled()
    only_warned = torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=only_warned)
