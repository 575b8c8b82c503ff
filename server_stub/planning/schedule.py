"""Schedule: what part of the answers each title would get in each slot, and the best line-up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import fsum, sqrt

from msgspec import UNSET

from edgeagent.messages import Message
from edgeagent.messages.portrait import PanelPortrait
from edgeagent.messages.task_labels import zone_name
from edgeagent.privacy.combinations import Combination
from edgeagent.privacy.precision import deviations
from server_stub.aggregation.publication import SHARE_OF
from server_stub.planning.line_up import Rules, best_line_up, fits
from server_stub.planning.mix import SessionMix
from server_stub.planning.offers import check_dayparts, offer_weights
from server_stub.planning.tables import Candidate, ScheduleSlot

__all__ = ["LineUpPlan", "PlannedSlot", "TitleShare", "plan_schedule"]

_TIES_LISTED, _TIES_SAID = 10, 3


class TitleShare(Message, frozen=True, kw_only=True):
    """The part of the answers of reporting boxes that would hold a title in a slot.

    Of those in the slot's daypart alone, where the task counts by daypart; else of all day.
    """

    entity_id: str
    title: str
    genre: str
    daypart: str
    share: float
    low: float
    high: float
    """The interval: from the draw of boxes and sessions, and from the noise."""
    model_error: float | None
    """Standard error of the appeals it is computed from, as measured on the panel; ``None``: not
    given. It is of each title's own, and no number of reports makes it smaller."""


class PlannedSlot(Message, frozen=True, kw_only=True):
    """One slot of the line-up."""

    slot: str
    chosen: TitleShare
    ties: tuple[TitleShare, ...]
    """Titles that fit, are not in the line-up, and cannot be told from the chosen one by these
    counts; the best first, at most ten."""
    ties_in_all: int
    ties_of_model: int
    """Further ones that the counts can tell apart, but the model cannot."""

    def lines(self) -> tuple[str, ...]:
        """Return the slot in words."""
        own = self.chosen
        interval = f"{own.low:.2%} to {own.high:.2%}{_plus(own.model_error)}"
        lines = [f"{self.slot}: {own.title}, {own.share:.2%} ({interval})"]
        if self.ties:
            more = self.ties_in_all - _TIES_SAID
            named = "; ".join(one.title for one in self.ties[:_TIES_SAID])
            lines.append(
                f"  as good, within noise: {named}{f' and {more} more' if more > 0 else ''}"
            )
        if self.ties_of_model:
            lines.append(f"  as good, as far as the model tells: {self.ties_of_model} more")
        return tuple(lines)


def _plus(model_error: float | None) -> str:
    return "" if model_error is None else f"; the model's standard error {model_error:.2%}"


class LineUpPlan(Message, frozen=True, kw_only=True):
    """A line-up, and how far to trust it."""

    task: str
    weeks: tuple[int, ...]
    reports: int
    final: bool
    confidence: float
    share: float
    """Sum of the slots' expected shares."""
    low: float
    high: float
    model_error: float | None
    line_up: tuple[PlannedSlot, ...]
    shares: tuple[TitleShare, ...]
    """Of every candidate in every daypart, the largest first."""
    unknown: tuple[str, ...]
    """What is not known, in numbers."""

    def lines(self) -> tuple[str, ...]:
        """Return the line-up in words."""
        state = "final" if self.final else "provisional"
        interval = f"{self.low:.2%} to {self.high:.2%}{_plus(self.model_error)}"
        return (
            *(line for one in self.line_up for line in one.lines()),
            f"In all {self.share:.2%} {SHARE_OF} ({interval}),",
            f"from {self.reports:,} reports, {state}; intervals are of {self.confidence:.0%}.",
            "What is not known:",
            *(f"  - {sentence}" for sentence in self.unknown),
        )


def plan_schedule(
    mix: SessionMix,
    candidates: Sequence[Candidate],
    slots: Sequence[ScheduleSlot],
    rules: Rules,
    *,
    portrait: PanelPortrait | None = None,
) -> LineUpPlan:
    """Choose the line-up with the largest expected share of the answers of boxes.

    Args:
        mix: of the audience.
        candidates: C titles.
        slots: T places.
        rules: to be kept.
        portrait: of the panel: how groups are made up of their segments, where groups were counted.

    Raises:
        InputError: no line-up keeps all rules, or a slot is of a daypart that is not counted.

    """
    check_dayparts(mix.task, slots)
    offers = _Offers(mix, candidates, portrait)
    dayparts = dict.fromkeys(slot.daypart for slot in slots)
    values = {
        (c, t): offers.share(c, slot.daypart).share
        for c, (t, slot) in product(range(len(candidates)), enumerate(slots))
    }
    chosen = best_line_up(values, candidates, slots, rules)
    planned = tuple(_planned(offers, slot, chosen, t) for t, slot in enumerate(slots))
    offered = (offers.weights(c, slot.daypart) for c, slot in zip(chosen, slots, strict=True))
    total = mix.weighted([fsum(parts) for parts in zip(*offered, strict=True)])
    every = (offers.share(c, part) for c, part in product(range(len(candidates)), dayparts))
    return LineUpPlan(
        task=mix.task.name,
        weeks=mix.audience.weeks,
        reports=mix.audience.reports,
        final=mix.audience.final,
        confidence=mix.audience.confidence,
        share=total.value,
        low=total.low,
        high=total.high,
        model_error=_joint_error([one.chosen for one in planned]),
        line_up=planned,
        shares=tuple(sorted(every, key=lambda one: -one.share)),
        unknown=tuple(_unknown(offers, slots, planned)),
    )


class _Offers:
    """Titles in dayparts; each is computed once."""

    def __init__(
        self, mix: SessionMix, candidates: Sequence[Candidate], portrait: PanelPortrait | None
    ) -> None:
        self.mix = mix
        self.candidates = candidates
        self.portrait = portrait
        self._shares: dict[tuple[int, str], TitleShare] = {}

    def weights(self, number: int, daypart: str) -> list[float]:
        """Return a title's weights on the categories that were counted."""
        appeal = self.candidates[number].appeal
        return offer_weights(self.mix.task, appeal, daypart, self.portrait)

    def share(self, number: int, daypart: str) -> TitleShare:
        """Return a title's share in a daypart."""
        if (number, daypart) not in self._shares:
            candidate = self.candidates[number]
            found, relative = (
                self.mix.weighted(self.weights(number, daypart)),
                candidate.model_error,
            )
            self._shares[number, daypart] = TitleShare(
                entity_id=candidate.entity_id,
                title=candidate.title,
                genre=candidate.genre,
                daypart=daypart,
                share=found.value,
                low=found.low,
                high=found.high,
                model_error=None if relative is None else relative * max(found.value, 0.0),
            )
        return self._shares[number, daypart]

    def apart(self, one: int, other: int, daypart: str) -> Combination:
        """Return the difference of two titles' shares.

        Both come from the same counts, so that it is known better than either.
        """
        pair = zip(self.weights(one, daypart), self.weights(other, daypart), strict=True)
        return self.mix.weighted([a - b for a, b in pair])


def _planned(offers: _Offers, slot: ScheduleSlot, chosen: Sequence[int], place: int) -> PlannedSlot:
    own = offers.share(chosen[place], slot.daypart)
    ties: list[TitleShare] = []
    of_model = 0
    for number, other in enumerate(offers.candidates):
        if number in chosen or not fits(other, slot):
            continue
        share = offers.share(number, slot.daypart)
        apart = offers.apart(chosen[place], number, slot.daypart)
        if apart.low <= 0:
            ties.append(share)
        elif _model_cannot_tell(apart.value, own, share, offers.mix.audience.confidence):
            of_model += 1
    ties.sort(key=lambda one: -one.share)
    return PlannedSlot(
        slot=slot.name,
        chosen=own,
        ties=tuple(ties[:_TIES_LISTED]),
        ties_in_all=len(ties),
        ties_of_model=of_model,
    )


def _model_cannot_tell(apart: float, one: TitleShare, other: TitleShare, confidence: float) -> bool:
    error = _joint_error([one, other])
    return error is not None and apart <= deviations(confidence) * error


def _joint_error(shares: Sequence[TitleShare]) -> float | None:
    """Return the model's error of several titles: each has its own, independent of the others."""
    errors = [share.model_error for share in shares]
    known = [error for error in errors if error is not None]
    return sqrt(fsum(error * error for error in known)) if len(known) == len(errors) else None


def _unknown(
    offers: _Offers, slots: Sequence[ScheduleSlot], planned: Sequence[PlannedSlot]
) -> Iterator[str]:
    """Yield what is not known; a sentence stands only where it has something to say."""
    task, candidates, none = offers.mix.task, offers.candidates, offers.mix.audience.segments[-1]
    of_slots, of_titles = f"of {len(slots)} slots", f"of {len(candidates)} candidates"
    dayparts = {slot.daypart for slot in slots} - {""}
    if task.by_group is not UNSET:
        zone = zone_name(task.by_group.utc_offset_minutes)
        within = "as on the panel" if offers.portrait else "the same (give --portrait)"
        yield f"how {task.segments} segments share their groups: taken {within}"
        yield f"when clocks differ from {zone}, in which dayparts are counted"
    elif dayparts:
        yield f"time of day: 0 of {len(dayparts)} dayparts are measured; a share is that of all day"
    interval = f"{none.low:.1%} to {none.high:.1%}"
    yield f"{none.value:.1%} ({interval}): weeks without a session, and sensitive sessions"
    yield "boxes that do not consent to reports, and how many they are"
    if new := sum(candidate.sessions == 0 for candidate in candidates):
        yield f"{new} {of_titles} were not watched on the panel: their rate is the median"
    if unrated := sum(candidate.model_error is None for candidate in candidates):
        yield f"{unrated} {of_titles} come without the model's error"
    if tied := sum(one.ties_in_all > 0 for one in planned):
        yield f"{tied} {of_slots}: another title is as good, as far as these counts tell"
    if unsure := sum(one.ties_of_model > 0 for one in planned):
        yield f"{unsure} {of_slots}: another title is as good, as far as the model tells"
    yield "what runs elsewhere, what a title costs, and what its neighbours do for it"
