"""Both mechanisms against the truth, beside what others published, in one run.

``python -m tests.bench.bench_privacy [--others] [--picture FILE] [--json]`` simulates boxes
through the real randomisers and the real estimators, prints a table, and ends with exit code 1 when

* an error is more than 5 % (and four of its own standard errors) from what theory says,
* intervals cover less often than they claim, by more than chance explains once in 10⁴ runs,
* the error of Subset Selection is more than 1.02 times the minimax bound.

The bound is that of Ye and Barg 2017, "Asymptotically optimal private estimation under mean square
loss" (arXiv:1708.00059): no ε-LDP mechanism and estimator has a smaller worst-case squared error
for many boxes. ``--others`` makes an environment for multi-freq-ldpy and pure-ldp and measures
their k-RR, OUE, OLH and Hadamard response on the same grid; it is not made otherwise.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from itertools import accumulate
from math import sqrt
from pathlib import Path

from scipy.stats import binom

from edgeagent.privacy.additive_noise import noise_variance
from edgeagent.privacy.discrete_laplace import CLIP, DiscreteLaplace
from edgeagent.privacy.estimation import Estimate, Totals
from edgeagent.privacy.subset_selection import SubsetSelection
from edgeagent.privacy.values import BoundedCounts, SegmentCounts
from edgeagent.randomness import RandomSource
from tests.audit.loss import SeededSource
from tests.bench.figures import say
from tests.bench.other_environment import answer_of

GRID = tuple(
    (categories, odds)
    for odds in (Fraction(3), Fraction(2), Fraction(3, 2))
    for categories in (9, 17, 33, 65)
)
BOXES = 500
_SQUARES = 12_000  # squared errors averaged a case: 0.65 % standard error of their root mean
_SQUARES_OF_LAPLACE = 4_000
_SQUARES_OF_OTHERS = 4_000
_OTHERS = Path(__file__).with_name("published_mechanisms.py")
_PACKAGES = (
    *("multi-freq-ldpy==0.2.5", "pure-ldp==1.2.0"),
    *("scikit-learn", "statsmodels"),  # pure-ldp imports them and does not say so
    "xxhash<4",  # multi-freq-ldpy hands it text
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What one mechanism came to at one point of the grid."""

    mechanism: str
    categories: int
    odds: float
    rmse: float
    theory: float
    """What the error should be."""
    of_bound: float
    """Error for an even audience over the minimax bound."""
    standard_error: float
    """Of both, as a fraction of them."""
    coverage: float
    intervals: int
    wrong: tuple[str, ...] = field(default=())


def main() -> None:
    """Simulate, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--others", action="store_true", help="measure published packages, too")
    parser.add_argument("--picture", type=Path, help="draw the errors into this file")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--part", type=float, default=1.0, help="of the boxes, for a quick look")
    options = parser.parse_args()
    cases = [case for point in GRID for case in _simulate(*point, part=options.part)]
    others = _published(options.part) if options.others else {}
    if options.json:
        say({"cases": {_name(case): asdict(case) for case in cases}, **_flat(others)}, as_json=True)
    else:
        sys.stdout.write(_table(cases, others))
    if options.picture:
        from tests.bench.privacy_picture import draw  # noqa: PLC0415  (heavy, only when asked)

        draw(cases, others, options.picture)
    wrong = [f"{_title(case)}: {line}" for case in cases for line in case.wrong]
    sys.stderr.writelines(f"error: {line}\n" for line in wrong)
    sys.exit(1 if wrong else 0)


def minimax_bound(categories: int, odds: Fraction) -> float:
    """Return √N times the bound on the root mean square error of a share."""
    k, e = categories, float(odds)
    squared = min(
        (k - 1) ** 2 * (d * e + k - d) ** 2 / (k * d * (k - d) * (e - 1) ** 2) for d in range(1, k)
    )
    return sqrt(squared / k)


def _simulate(categories: int, odds: Fraction, *, part: float) -> list[Case]:
    sys.stderr.write(f"{categories} categories, e^epsilon = {odds}\n")
    return [
        _subset_selection(categories, odds, rounds=_rounds(_SQUARES, categories, part)),
        _discrete_laplace(categories, odds, rounds=_rounds(_SQUARES_OF_LAPLACE, categories, part)),
    ]


def _rounds(squares: int, categories: int, part: float) -> int:
    return max(2, round(part * squares / categories))


def _subset_selection(categories: int, odds: Fraction, *, rounds: int) -> Case:
    """One session a box: an uneven audience for theory and coverage, an even one for the bound."""
    mechanism = SubsetSelection(categories, odds)
    p, q = float(mechanism.p), float(mechanism.q)
    source = SeededSource(f"subset {categories} {odds}")
    uneven, even = _uneven(categories), [1] * categories
    estimates = [_one_session_each(mechanism, uneven, source) for _ in range(rounds)]
    level = [_one_session_each(mechanism, even, source) for _ in range(rounds)]
    truth = [part / sum(uneven) for part in uneven]
    rates = [q + share * (p - q) for share in truth]
    theory = sqrt(sum(rate * (1 - rate) for rate in rates) / BOXES / categories) / (p - q)
    exact = sqrt(mechanism.weight / categories * (1 - mechanism.weight / categories)) / (p - q)
    bound = minimax_bound(categories, odds)
    case = Case(
        mechanism="Subset Selection",
        categories=categories,
        odds=float(odds),
        rmse=_rmse(estimates, truth),
        theory=theory,
        of_bound=_rmse(level, [1 / categories] * categories) * sqrt(BOXES) / bound,
        standard_error=1 / sqrt(2 * rounds * categories),
        coverage=_coverage(estimates, truth),
        intervals=rounds * categories,
    )
    too_far = exact / bound > 1.02 or case.of_bound * (1 - 3 * case.standard_error) > 1.02
    return _judged(case, "more than 1.02 of the minimax bound" if too_far else "")


def _discrete_laplace(categories: int, odds: Fraction, *, rounds: int) -> Case:
    """C sessions a box, each a fresh draw from an even audience."""
    mechanism = DiscreteLaplace(categories, odds)
    source = SeededSource(f"laplace {categories} {odds}")
    even = [1] * categories
    squared = shares = 0.0
    covered = 0
    for _ in range(rounds):
        boxes = [
            BoundedCounts(
                SegmentCounts.of(
                    [_draw(even, source) for _ in range(CLIP)], categories=categories
                ).counts
            )
            for _ in range(BOXES)
        ]
        truth = [sum(column) / BOXES for column in zip(*(b.counts for b in boxes), strict=True)]
        drawn = (mechanism.privatize(box, source).counts for box in boxes)
        estimate = mechanism.estimate(Totals.of(drawn, categories=categories))
        squared += _rmse([estimate], truth) ** 2
        shares += sum((value / CLIP - 1 / categories) ** 2 for value in estimate.values)
        covered += round(_coverage([estimate], truth) * categories)
    return _judged(
        Case(
            mechanism="discrete Laplace",
            categories=categories,
            odds=float(odds),
            rmse=sqrt(squared / rounds),
            theory=sqrt(noise_variance(mechanism.ratio) / BOXES),
            of_bound=sqrt(shares / rounds / categories * BOXES) / minimax_bound(categories, odds),
            standard_error=1 / sqrt(2 * rounds * categories),
            coverage=covered / rounds / categories,
            intervals=rounds * categories,
        )
    )


def _judged(case: Case, *more: str) -> Case:
    """Return the case with what is wrong about it."""
    wrong = [line for line in more if line]
    off = abs(case.rmse / case.theory - 1)
    if off > max(0.05, 4 * case.standard_error):  # in 24 cases a false alarm in 700 quick looks
        wrong.append(f"the error is {case.rmse:.5f}, theory says {case.theory:.5f}")
    missed = round((1 - case.coverage) * case.intervals)
    if binom.sf(missed - 1, case.intervals, 0.05) < 1e-4:
        wrong.append(f"{case.coverage:.2%} of the intervals hold the truth, 95 % are claimed")
    return Case(**(asdict(case) | {"wrong": tuple(wrong)}))


def _one_session_each(
    mechanism: SubsetSelection, parts: Sequence[int], source: RandomSource
) -> Estimate:
    size = mechanism.categories
    reports = (
        mechanism.privatize(
            BoundedCounts.single(_draw(parts, source), categories=size), source
        ).counts
        for _ in range(BOXES)
    )
    return mechanism.estimate(Totals.of(reports, categories=size))


def _draw(parts: Sequence[int], source: RandomSource) -> int:
    drawn = source.below(sum(parts))
    return sum(end <= drawn for end in accumulate(parts))


def _uneven(categories: int) -> list[int]:
    """A few large segments, many small ones, one that nobody watches."""
    return [840 // rank for rank in range(1, categories)] + [0]


def _rmse(estimates: Sequence[Estimate], truth: Sequence[float]) -> float:
    squares = [
        (value - true) ** 2
        for estimate in estimates
        for value, true in zip(estimate.values, truth, strict=True)
    ]
    return sqrt(sum(squares) / len(squares))


def _coverage(estimates: Sequence[Estimate], truth: Sequence[float]) -> float:
    held = [
        low <= true <= high
        for estimate in estimates
        for (low, high), true in zip(estimate.intervals, truth, strict=True)
    ]
    return sum(held) / len(held)


Others = dict[tuple[int, float], dict[str, float]]
"""Error over the bound of each published mechanism, by categories and e^ε."""


def _published(part: float) -> Others:
    """Measure the packages in an environment of their own."""
    asked = [
        {
            "categories": categories,
            "odds": float(odds),
            "boxes": BOXES,
            "rounds": _rounds(_SQUARES_OF_OTHERS, categories, part),
        }
        for categories, odds in GRID
    ]
    answers = answer_of(_OTHERS, _PACKAGES, asked=asked)
    return {
        (categories, float(odds)): {
            name: error * sqrt(BOXES) / minimax_bound(categories, odds)
            for name, error in answer.items()
        }
        for (categories, odds), answer in zip(GRID, answers, strict=True)
    }


def _flat(others: Others) -> dict[str, dict[str, float]]:
    return {f"published {size} {odds:g}": errors for (size, odds), errors in others.items()}


def _name(case: Case) -> str:
    return f"{case.mechanism.lower().replace(' ', '_')} {case.categories} {case.odds:g}"


def _table(cases: Sequence[Case], others: Others) -> str:
    lines = [
        f"{'':34} error / theory  coverage  error / minimax bound",
        *(
            f"{_title(case):34} {case.rmse / case.theory:14.3f}  {case.coverage:8.2%}  "
            f"{case.of_bound:6.3f} ± {case.of_bound * case.standard_error:.3f}"
            for case in sorted(cases, key=lambda case: case.mechanism, reverse=True)
        ),
        *(
            f"{f'{name}, {categories}, {odds:g}':34} {'':14}  {'':8}  {ratio:6.3f}"
            for (categories, odds), errors in others.items()
            for name, ratio in errors.items()
        ),
    ]
    return "\n".join(lines) + "\n"


def _title(case: Case) -> str:
    return f"{case.mechanism}, {case.categories}, {case.odds:g}"


if __name__ == "__main__":
    main()
