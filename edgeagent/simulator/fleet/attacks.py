"""Attacks on the estimate by boxes that lie, and what theory says they achieve.

Cao, Jia and Gong 2021, "Data poisoning attacks to local differential privacy protocols" (USENIX
Security), adapted to Subset Selection, whose reports the server takes only with exactly d ones.

The estimator is affine in the mean report. So if poisoned reports are a share β of all, and a is
the estimate that they alone would give, the estimate moves from θ to (1 − β) θ + β a: by β (a − θ).

* ``maximal-gain``: the target is in every report, d − 1 others are drawn evenly to look like the
  rest: a = (1 − q) / (p − q) for the target, ((d − 1) / (S' − 1) − q) / (p − q) for each other.
* ``random``: d categories, drawn evenly: a = 1 / S' for all.
* ``duplicate``: honest answers for the target, each counted five times under a new id: a = 1 for
  the target, 0 for the others. A repeated id would be counted once. A share s of the boxes becomes
  β = 5 s / (1 − s + 5 s) of the reports.

Under discrete Laplace noise the first sends 999 for the target, of which the estimator makes 999 +
λ / (1 − λ), and 0 for the others; the second sends even numbers from −999 to 999, so a = 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages.report import COUNT_LIMIT
from edgeagent.privacy.additive_noise import noise_variance
from edgeagent.privacy.batches import Reports, draw_reports, draw_subsets
from edgeagent.privacy.discrete_laplace import DiscreteLaplace
from edgeagent.privacy.estimation import Estimate
from edgeagent.privacy.randomizers import Randomizer
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.simulator.fleet.outcome import AttackEffect
from edgeagent.simulator.fleet.poisoning import COPIES, Poisoning

__all__ = ["draw_poisoned", "effect_of"]


def draw_poisoned(
    randomizer: Randomizer, poisoning: Poisoning, boxes: int, generator: np.random.Generator
) -> Reports:
    """Return [N, S'] what so many poisoners send; N = boxes, or five times as many."""
    targets = np.full(boxes, poisoning.target)
    if poisoning.attack == "duplicate":
        once: Reports = draw_reports(randomizer, targets, generator)
        return once.repeat(COPIES, axis=0)
    forced = poisoning.attack == "maximal-gain"
    if isinstance(randomizer, SubsetSelection):
        share = 1 if forced else randomizer.weight / randomizer.categories
        return draw_subsets(
            targets,
            generator.random(boxes) < share,
            categories=randomizer.categories,
            weight=randomizer.weight,
            generator=generator,
        )
    shape = boxes, randomizer.categories
    if forced:
        reports = np.zeros(shape, np.int16)
        reports[:, poisoning.target] = COUNT_LIMIT
        return reports
    return generator.integers(-COUNT_LIMIT, COUNT_LIMIT, size=shape, dtype=np.int16, endpoint=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lie:
    """What one poisoner's report does to the estimate."""

    means: NDArray[np.float64]
    """[S'] a: its mean on the scale of the estimate."""
    variance: float
    """Of the target's, on that scale."""


def _lie(randomizer: Randomizer, poisoning: Poisoning) -> _Lie:
    categories, target = randomizer.categories, poisoning.target
    one = np.eye(categories)[target]
    if isinstance(randomizer, SubsetSelection):
        p, q, d = float(randomizer.p), float(randomizer.q), randomizer.weight
        inside = {"maximal-gain": 1.0, "random": d / categories, "duplicate": p}[poisoning.attack]
        rates = np.full(categories, (d - inside) / (categories - 1))
        rates[target] = inside
        return _Lie(means=(rates - q) / (p - q), variance=inside * (1 - inside) / (p - q) ** 2)
    if not isinstance(randomizer, DiscreteLaplace):
        message = f"no attack on {type(randomizer).__name__}"
        raise TypeError(message)
    beyond = randomizer.ratio / (1 - randomizer.ratio)
    return {
        "maximal-gain": _Lie(means=(COUNT_LIMIT + beyond) * one, variance=0.0),
        "random": _Lie(means=0 * one, variance=COUNT_LIMIT * (COUNT_LIMIT + 1) / 3),
        "duplicate": _Lie(means=one, variance=noise_variance(randomizer.ratio)),
    }[poisoning.attack]


def effect_of(
    poisoning: Poisoning,
    randomizer: Randomizer,
    *,
    honest: Estimate,
    all_reports: Estimate,
    truth: NDArray[np.float64],
    boxes: int,
) -> AttackEffect:
    """Compare an attack's effect with its theory.

    The standard error counts what chance decides: how many boxes lie, what they draw, and what the
    honest ones draw.

    Args:
        poisoning: the attack.
        randomizer: the mechanism.
        honest: from the honest reports alone.
        all_reports: from what the server counted.
        truth: [S'].
        boxes: whose report was counted, honest ones and poisoners.

    """
    lie, target, share = _lie(randomizer, poisoning), poisoning.target, poisoning.share_of_reports
    poisoners = max(boxes * poisoning.share, 1.0)
    # β = kM / (n − M + kM) for M poisoners among n boxes, M binomial.
    sent = boxes * (1 - poisoning.share) / (1 - share)
    copies = COPIES if poisoning.attack == "duplicate" else 1
    share_error = copies * boxes / sent**2 * sqrt(poisoners * (1 - poisoning.share))
    shift = float(lie.means[target] - truth[target])
    variance = (shift * share_error) ** 2 + share**2 * (
        lie.variance / poisoners + honest.variances[target]
    )
    measured = np.array(all_reports.values) - np.array(honest.values)
    return AttackEffect(
        target=target,
        share=(all_reports.reports - honest.reports) / all_reports.reports,
        expected_share=share,
        expected=tuple((share * (lie.means - truth)).tolist()),
        measured=tuple(measured.tolist()),
        standard_error=sqrt(variance),
    )
