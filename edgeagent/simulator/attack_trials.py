"""What each attack achieves at several numbers of liars: simulated, beside the theory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from edgeagent.privacy.batches import totals_of
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.simulator.accuracy import drawn_totals
from edgeagent.simulator.fleet.attacks import draw_poisoned, effect_of
from edgeagent.simulator.fleet.outcome import AttackEffect
from edgeagent.simulator.fleet.poisoning import AttackName, Poisoning

__all__ = ["AttackTrial", "try_attacks"]

_HONEST = 100_000
"""Boxes: the effect on a segment is then known to a tenth of a point at 5 % of liars."""
_SHARES = (0.0025, 0.005, 0.01, 0.02, 0.03, 0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackTrial:
    """One attack by so many boxes."""

    poisoning: Poisoning
    effect: AttackEffect

    @property
    def measured(self) -> float:
        """By how much the estimate of the target rose, as a share."""
        return self.effect.measured[self.effect.target]

    @property
    def expected(self) -> float:
        """The same by theory."""
        return self.effect.expected[self.effect.target]


def try_attacks(
    mechanism: SubsetSelection,
    truth: Sequence[float],
    *,
    target: int,
    generator: np.random.Generator,
) -> tuple[AttackTrial, ...]:
    """Let from 0.25 to 5 % of the boxes lie, by each attack in turn, all against one honest draw.

    Args:
        mechanism: of the reports.
        truth: [S'] the chance of each category for one honest box.
        target: the category that liars push.
        generator: repeats itself for a seed.

    """
    totals = drawn_totals(mechanism, truth, reports=_HONEST, generator=generator)
    honest = mechanism.estimate(totals)
    trials = []
    for attack in get_args(AttackName):
        for share in _SHARES:
            poisoning = Poisoning(attack=attack, share=share, target=target)
            liars = int(generator.negative_binomial(_HONEST, 1 - share))
            lies = totals_of(draw_poisoned(mechanism, poisoning, liars, generator))
            effect = effect_of(
                poisoning,
                mechanism,
                honest=honest,
                all_reports=mechanism.estimate(totals + lies),
                truth=np.array(truth),
                boxes=_HONEST + liars,
            )
            trials.append(AttackTrial(poisoning=poisoning, effect=effect))
    return tuple(trials)
