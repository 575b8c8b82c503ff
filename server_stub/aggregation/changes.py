"""What changed from one quarter to the next, and what only seems to have.

Of 33 differences of which none is real, 1.65 exceed their own 95 % interval on average. A change is
therefore stated only where it holds after Holm 1979, "A simple sequentially rejective multiple test
procedure" (Scandinavian Journal of Statistics 6), over all differences that are looked at together:
the chance that any of them is stated though nothing changed is at most the error rate, whatever the
dependence between them. There is dependence of both signs: shares sum to one, and two successive
differences share a quarter. Benjamini and Hochberg's procedure, which states more where many
segments change, is proven for independence and positive dependence only, and what it holds down is
the part of false statements among all, which is of little use to who acts on one of them.

Each difference is tested by its standard error, normally approximated (5,000 reports and more hold
some 1,200 of each category). The quarters are taken as independent: their noise is, and boxes that
report in both make the true standard error smaller, not larger.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import erfc, hypot, sqrt
from typing import Literal

from edgeagent.errors import InputError
from edgeagent.messages import Message
from edgeagent.privacy.discrete_laplace import CLIP
from edgeagent.privacy.precision import deviations
from server_stub.aggregation.publication import AudienceEstimate, SegmentEstimate

__all__ = ["ERROR_RATE", "AudienceChange", "SegmentChange", "Verdict", "adjusted", "changes_in"]

ERROR_RATE = 0.05
"""Of one look at all differences together: one in twenty looks at nothing states something."""

Verdict = Literal["changed", "seems to have changed", "no change seen"]
_SAME = ("model_sha256", "scheme", "unit")
"""What two estimates must share to be compared."""
_Pair = tuple[SegmentEstimate, SegmentEstimate]
_LARGEST_VARIANCE = CLIP**2 / 4
"""Of a count within 0 and C over the boxes (Popoviciu 1935): estimates of sessions state the noise
alone. It adds 4 % to it."""


class SegmentChange(Message, frozen=True, kw_only=True):
    """One segment in two quarters."""

    category: int
    name: str
    before: float
    after: float
    difference: float
    """After less before, in the unit of the estimates."""
    low: float
    high: float
    """The 95 % interval of this difference alone."""
    p_value: float
    """How often a difference as large would be seen of a segment that did not change."""
    adjusted_p_value: float
    """The same after Holm: how often any of all the differences would be as surprising."""
    verdict: Verdict
    """"changed" if the adjusted p-value is below the error rate; "seems to have changed" if only
    the p-value is: among so many segments that is to be expected of some by chance."""


class AudienceChange(Message, frozen=True, kw_only=True):
    """Two quarters, the later one beside the earlier."""

    before: str
    """Task of the earlier quarter."""
    after: str
    before_quarter: int
    after_quarter: int
    unit: Literal["share", "sessions"]
    error_rate: float
    comparisons: int
    """How many differences were judged together: of all segments, and of all quarters."""
    says_anything: bool
    """Whether both quarters have enough reports for any number to be worth showing."""
    segments: tuple[SegmentChange, ...]
    """In the order of the categories, without those that are sensitive in either quarter."""

    def having(self, verdict: Verdict) -> tuple[SegmentChange, ...]:
        """Return the segments with one verdict, largest difference first."""
        found = [segment for segment in self.segments if segment.verdict == verdict]
        return tuple(sorted(found, key=lambda segment: -abs(segment.difference)))


def changes_in(
    estimates: Sequence[AudienceEstimate], *, error_rate: float = ERROR_RATE
) -> tuple[AudienceChange, ...]:
    """Compare each quarter with the one before it, all differences judged together.

    Args:
        estimates: of two quarters or more, earliest first.
        error_rate: the chance that anything is stated though nothing changed.

    Raises:
        InputError: fewer than two, or their segments are not the same model's, or their units
            differ.

    """
    _check_comparable(estimates)
    looked_at = [(pair, _pairs(*pair)) for pair in pairwise(estimates)]
    p_values = [_p_value(pair, *both) for pair, segments in looked_at for both in segments]
    judged = zip(p_values, adjusted(p_values), strict=True)
    return tuple(
        AudienceChange(
            before=before.task,
            after=after.task,
            before_quarter=before.quarter,
            after_quarter=after.quarter,
            unit=after.unit,
            error_rate=error_rate,
            comparisons=len(p_values),
            says_anything=before.says_anything and after.says_anything,
            segments=tuple(
                _change(both, _standard_error((before, after), *both), next(judged), error_rate)
                for both in segments
            ),
        )
        for (before, after), segments in looked_at
    )


def adjusted(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return Holm's adjusted p-values, in the order given.

    The k-th smallest of m is multiplied by m − k + 1, and none is below one before it.
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    found, largest = [1.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        found[index] = largest
    return tuple(found)


def _check_comparable(estimates: Sequence[AudienceEstimate]) -> None:
    if len(estimates) < 2:  # noqa: PLR2004  (a difference needs two)
        raise InputError(
            "one quarter has nothing to be compared with",
            hint="wait for the reports of the next quarter",
        )
    for before, after in pairwise(estimates):
        if any(getattr(before, name) != getattr(after, name) for name in _SAME):
            raise InputError(
                f"{before.task} and {after.task} do not measure the same: another model assigns "
                "the segments, or the unit or the categories differ",
                hint="'server-stub repo publish --keep-task' goes on with the segments",
            )


def _pairs(before: AudienceEstimate, after: AudienceEstimate) -> list[_Pair]:
    earlier = {segment.category: segment for segment in before.segments}
    return [
        (earlier[segment.category], segment)
        for segment in after.segments
        if segment.category in earlier
    ]


def _standard_error(
    estimates: tuple[AudienceEstimate, AudienceEstimate],
    before: SegmentEstimate,
    after: SegmentEstimate,
) -> float:
    of_boxes = (
        sum(_LARGEST_VARIANCE / estimate.reports for estimate in estimates)
        if estimates[0].unit == "sessions"
        else 0.0
    )
    return hypot(before.standard_error, after.standard_error, sqrt(of_boxes))


def _p_value(
    estimates: tuple[AudienceEstimate, AudienceEstimate],
    before: SegmentEstimate,
    after: SegmentEstimate,
) -> float:
    error = _standard_error(estimates, before, after)
    # Without any error every report was the same, twice: nothing to judge by.
    return erfc(abs(after.value - before.value) / error / sqrt(2)) if error else 1.0


def _change(
    pair: _Pair, error: float, judged: tuple[float, float], error_rate: float
) -> SegmentChange:
    before, after = pair
    p_value, adjusted_p_value = judged
    difference = after.value - before.value
    verdict: Verdict = "no change seen"
    if adjusted_p_value < error_rate:
        verdict = "changed"
    elif p_value < error_rate:
        verdict = "seems to have changed"
    return SegmentChange(
        category=after.category,
        name=after.name,
        before=before.value,
        after=after.value,
        difference=difference,
        low=difference - deviations() * error,
        high=difference + deviations() * error,
        p_value=p_value,
        adjusted_p_value=adjusted_p_value,
        verdict=verdict,
    )
