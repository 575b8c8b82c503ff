"""Two worker processes that each simulate many households, one after the other."""

from __future__ import annotations

import multiprocessing
import shutil
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgeagent.messages import (
    ModelClaims,
    ModelFiles,
    Picks,
    RankRequest,
    SegmentAnswer,
    SegmentRequest,
    SplitAnswer,
    SplitRequest,
    TrialAnswer,
    TrialRequest,
)
from edgeagent.messages.targets import TARGETS
from edgeagent.scoring.protocol import Scorer
from edgeagent.simulator.household import HouseholdLife, HouseholdOutcome, SharedSetup
from edgeagent.simulator.plan import HouseholdPlan
from edgeagent.store.home_files import MODELS_DIRECTORY

__all__ = ["WORKERS", "live_all"]

WORKERS = 2


@dataclass(slots=True)
class _Worker:
    """The state that one process keeps between households."""

    setup: SharedSetup
    keep: bool
    scorer: Scorer | None = None
    shared_targets: Path | None = None

    def live(self, plan: HouseholdPlan) -> HouseholdOutcome:
        life = HouseholdLife(
            plan,
            self.setup,
            make_scorer=lambda: _LastingScorer(self._resident()),
            shared_targets=self.shared_targets,
        )
        outcome = life.live()
        if self.shared_targets is None:
            self.shared_targets = life.home / MODELS_DIRECTORY / TARGETS
        elif not self.keep:
            shutil.rmtree(life.home)
        return outcome

    def _resident(self) -> Scorer:
        if self.scorer is None:
            from edgeagent.scoring.resident import ResidentScorer  # noqa: PLC0415  (heavy)

            self.scorer = ResidentScorer()
        return self.scorer


class _LastingScorer:
    """A scorer that stays open when the agents that use it close it."""

    def __init__(self, inner: Scorer) -> None:
        self._inner = inner

    def rank(self, request: RankRequest) -> Picks:
        return self._inner.rank(request)

    def split(self, request: SplitRequest) -> SplitAnswer:
        return self._inner.split(request)

    def segment(self, request: SegmentRequest) -> SegmentAnswer:
        return self._inner.segment(request)

    def verify(self, files: ModelFiles, golden_path: str, *, claims: ModelClaims) -> None:
        self._inner.verify(files, golden_path, claims=claims)

    def trial(self, request: TrialRequest) -> TrialAnswer:
        return self._inner.trial(request)

    def close(self) -> None:
        """Stay loaded for the next box."""


_worker: list[_Worker] = []  # one a process, set by its initializer


def _start(setup: SharedSetup, keep: bool) -> None:  # noqa: FBT001  (called by Pool)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles it
    _worker.append(_Worker(setup, keep))


def _live(plan: HouseholdPlan) -> HouseholdOutcome:
    return _worker[0].live(plan)


def live_all(
    plans: Sequence[HouseholdPlan], setup: SharedSetup, *, keep: bool
) -> Iterator[HouseholdOutcome]:
    """Simulate all households and yield each outcome when it is done, in no particular order.

    Leaving the iteration early ends the worker processes.
    """
    context = multiprocessing.get_context("spawn")
    with context.Pool(WORKERS, initializer=_start, initargs=(setup, keep)) as pool:
        yield from pool.imap_unordered(_live, plans)
