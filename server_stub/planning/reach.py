"""Reach: how much of the viewing a promo or ad meets that is aimed at some segments."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET

from edgeagent.messages import Message
from edgeagent.messages.portrait import PanelPortrait
from edgeagent.messages.task_labels import zone_name
from server_stub.aggregation.publication import ONE_ANSWER, SHARE_OF
from server_stub.planning.mix import SessionMix
from server_stub.planning.offers import check_target, offer_weights, segment_shares

__all__ = ["Fit", "TargetReach", "plan_reach"]


class Fit(Message, frozen=True, kw_only=True):
    """How well the model's segments stand for the target, as measured on its panel."""

    inside: float
    """Of what is watched in sessions of the target, the part that is of its own titles."""
    outside: float
    """Of what is watched in all other sessions, the part that is of the target's titles, too."""
    of_all_viewing: float
    """Of all that is watched, the part that is of the target's titles: what the target stands
    for, beside the share of the answers that count for it."""


class TargetReach(Message, frozen=True, kw_only=True):
    """A target's share of the answers of reporting boxes."""

    task: str
    weeks: tuple[int, ...]
    reports: int
    final: bool
    segments: tuple[str, ...]
    daypart: str = ""
    """In which the sessions began, where the task counts by daypart; empty: all day."""
    zone: str = ""
    """Of the dayparts."""
    split_by_panel: bool = False
    """Groups were counted, and the target's part of one is that of the panel: no interval holds
    how far that is wrong."""
    share: float
    """Of the answers of reporting boxes: one session of the week each, or "none"."""
    standard_error: float
    """From the draw of boxes and sessions, and from the noise; not of the model."""
    low: float
    high: float
    confidence: float
    most_sessions: int | None
    """That a box has in a week, as the operator says."""
    boxes_low: float
    """Of the boxes, at least so many have a session of the target in a week."""
    boxes_high: float
    fit: Fit | None
    """``None``: without the panel's portrait the model's error is not known."""

    def lines(self) -> tuple[str, ...]:
        """Return the plan in words."""
        interval = f"{self.low:.1%} to {self.high:.1%}, {self.confidence:.0%}"
        boxes = f"{self.boxes_low:.1%} to {self.boxes_high:.1%}"
        state = "final" if self.final else "provisional"
        when = f", {self.daypart} ({self.zone})" if self.daypart else ""
        split = ("  groups were counted; within each, segments are split as on the panel",)
        return (
            f"{'; '.join(self.segments)}{when}:",
            f"  {self.share:.1%} {SHARE_OF} ({interval})",
            f"  {ONE_ANSWER}",
            f"  {boxes} of the boxes have such a session in a week",
            f"  {_in_words(self.fit)}",
            *(split if self.split_by_panel else ()),
            f"From {self.reports:,} reports, {state}, of boxes that consent to reports: nothing is",
            "known of the others. Which box is in the target stays on the box.",
        )


def _in_words(fit: Fit | None) -> str:
    if fit is None:
        return "the model's own error is not known: give --portrait"
    return (
        f"the model: the target's titles are {fit.inside:.0%} of what is watched in these "
        f"sessions, {fit.outside:.0%} in all others, {fit.of_all_viewing:.0%} of all viewing"
    )


def plan_reach(
    mix: SessionMix,
    target: Sequence[int],
    *,
    daypart: str = "",
    most_sessions: int | None = None,
    portrait: PanelPortrait | None = None,
) -> TargetReach:
    """Return a target's share of answers, and what it says about boxes.

    A box's part of sessions in the target is at most 1, so that at least as many boxes have one as
    the share is; and where it has any of n sessions, its part is at least 1/n, so that at most n
    times the share have one. Both bounds are taken at the ends of the interval.

    Args:
        mix: of the audience.
        target: the segments, each once.
        daypart: in which the sessions began, where the task counts by it; empty: all day.
        most_sessions: n, that a box has in a week; ``None``: not known.
        portrait: of the model's segments on its panel; it splits groups, where groups were counted.

    Raises:
        InputError: the categories that were counted cannot tell of the target.

    """
    chosen, task = sorted(set(target)), mix.task
    check_target(task, chosen, daypart, portrait)
    inside = [float(number in chosen) for number in range(len(mix.labels))]
    weights = offer_weights(task, inside, daypart, portrait)
    found = mix.weighted(weights)
    most = 1.0 if most_sessions is None else most_sessions * found.high
    return TargetReach(
        task=mix.task.name,
        weeks=mix.audience.weeks,
        reports=mix.audience.reports,
        final=mix.audience.final,
        segments=tuple(mix.labels[number].name for number in chosen),
        daypart=daypart,
        zone="" if task.by_group is UNSET else zone_name(task.by_group.utc_offset_minutes),
        split_by_panel=any(0 < weight < 1 for weight in weights),
        share=found.value,
        standard_error=found.standard_error,
        low=found.low,
        high=found.high,
        confidence=mix.audience.confidence,
        most_sessions=most_sessions,
        boxes_low=min(max(found.low, 0.0), 1.0),
        boxes_high=min(max(most, 0.0), 1.0),
        fit=None if portrait is None else _fit(mix, chosen, portrait),
    )


def _fit(mix: SessionMix, chosen: Sequence[int], portrait: PanelPortrait) -> Fit:
    """Return what sessions inside and outside of the target hold of its titles.

    Weighted by the counts, sensitive segments and "none" left out: nothing is known of them.
    """
    shares = segment_shares(mix.task, mix.shares, portrait)
    held = [sum(one.homes[home] for home in chosen) for one in portrait.segments]

    def part(numbers: Sequence[int]) -> float:
        weight = sum(shares[number] for number in numbers)
        return sum(shares[number] * held[number] for number in numbers) / weight if weight else 0.0

    others = [number for number in range(len(shares)) if number not in chosen]
    return Fit(
        inside=part(chosen),
        outside=part(others),
        of_all_viewing=part(range(len(shares))),
    )
