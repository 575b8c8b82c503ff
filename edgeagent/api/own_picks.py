"""``EdgeAgent``: picks, why they were picked, and what the box makes of the household."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from edgeagent.api.call import Call
from edgeagent.api.method import Caller, Event, Method, Shape
from edgeagent.messages import Picks
from edgeagent.messages.fields import EntityId, ProfileName

__all__ = ["EVENTS", "METHODS"]


class RecommendParams(Shape, frozen=True, kw_only=True):
    """How many, and for whom."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 10
    profile: ProfileName | None = None


class ProfileParams(Shape, frozen=True, kw_only=True):
    """For whom; nobody named means the active profile."""

    profile: ProfileName | None = None


class ExplainParams(Shape, frozen=True, kw_only=True):
    """Which title."""

    entity_id: EntityId
    profile: ProfileName | None = None


class ReasonShape(Shape, frozen=True, kw_only=True):
    """One part of a score."""

    kind: str
    entity_id: str | None
    title: str
    contribution: float
    share_fraction: float


class PickShape(Shape, frozen=True, kw_only=True):
    """One ranked title; its reasons add up to its score."""

    entity_id: str
    title: str
    kind: str
    year: int | None
    genres: tuple[str, ...]
    score: float
    reasons: tuple[ReasonShape, ...]


class PicksShape(Shape, frozen=True, kw_only=True):
    """A ranking, and when it was made."""

    profile: str
    made_at: int
    picks: tuple[PickShape, ...]


class SegmentShape(Shape, frozen=True, kw_only=True):
    """One segment, and how much of the household's taste lies in it."""

    id: int
    name: str
    probability: float
    sensitive: bool
    """A sensitive segment is never a category of a report."""
    iab: tuple[str, ...]


class SegmentsShape(Shape, frozen=True, kw_only=True):
    """The household's own mix, largest part first; it never leaves the box."""

    profile: str
    made_at: int
    segments: tuple[SegmentShape, ...]
    because: tuple[ReasonShape, ...]
    """The watched titles that weigh most in the present picks."""


def _recommend(call: Call, params: RecommendParams) -> PicksShape:
    """Rank titles for a profile, each with the watched titles that caused it."""
    profile = call.profile(params.profile)
    picks = call.agent.recommend(profile=profile, limit=params.limit)
    call.emit("EdgeAgent.onPicksChanged", {"profile": profile})
    return _shape(picks, profile=profile, made_at=call.now())


def _last_picks(call: Call, params: ProfileParams) -> PicksShape | None:
    """Return the last ranking at once, without scoring; null when there is none."""
    profile = call.profile(params.profile)
    saved = call.agent.home.history.last_picks(profile)
    return None if saved is None else _shape(saved.picks, profile=profile, made_at=saved.made_at)


def _explain(call: Call, params: ExplainParams) -> PickShape:
    """Return one title's score and the parts that add up to it."""
    pick = call.agent.explain(params.entity_id, profile=call.profile(params.profile))
    return msgspec.convert(pick, PickShape, from_attributes=True)


def _segments(call: Call, params: ProfileParams) -> SegmentsShape:
    """Return which segments the box sees a profile in, as of its last picks, and why."""
    profile = call.profile(params.profile)
    saved = call.agent.home.history.last_picks(profile)
    if saved is None:
        picks, made_at = call.agent.recommend(profile=profile, limit=10), call.now()
    else:
        picks, made_at = saved.picks, saved.made_at
    current = call.agent.installation().current
    labels = () if current is None else current.segments
    segments = [
        SegmentShape(
            id=number, name=label.name, probability=part, sensitive=label.sensitive, iab=label.iab
        )
        for number, (label, part) in enumerate(
            zip(labels, picks.segment_probabilities, strict=False)
        )
    ]
    return SegmentsShape(
        profile=profile,
        made_at=made_at,
        segments=tuple(sorted(segments, key=lambda segment: -segment.probability)),
        because=_heaviest(picks),
    )


_MOST_REASONS = 12


def _heaviest(picks: Picks) -> tuple[ReasonShape, ...]:
    """Return the watched titles that weigh most over all picks."""
    heaviest: dict[str, ReasonShape] = {}
    for pick in picks.picks:
        for reason in pick.reasons:
            if reason.kind != "watched" or reason.entity_id is None:
                continue
            known = heaviest.get(reason.entity_id)
            if known is None or reason.share_fraction > known.share_fraction:
                shape = msgspec.convert(reason, ReasonShape, from_attributes=True)
                heaviest[reason.entity_id] = shape
    ordered = sorted(heaviest.values(), key=lambda reason: -reason.share_fraction)
    return tuple(ordered[:_MOST_REASONS])


def _shape(picks: Picks, *, profile: str, made_at: int) -> PicksShape:
    return PicksShape(
        profile=profile,
        made_at=made_at,
        picks=tuple(msgspec.convert(p, PickShape, from_attributes=True) for p in picks.picks),
    )


METHODS = (
    Method(
        name="EdgeAgent.recommend",
        caller=Caller.MANAGE,
        run=_recommend,
        params=RecommendParams,
        result=PicksShape,
        result_name="ranking",
        lane="slow",
    ),
    Method(
        name="EdgeAgent.lastPicks",
        caller=Caller.MANAGE,
        run=_last_picks,
        params=ProfileParams,
        result=PicksShape | None,
        result_name="ranking",
    ),
    Method(
        name="EdgeAgent.explain",
        caller=Caller.MANAGE,
        run=_explain,
        params=ExplainParams,
        result=PickShape,
        result_name="pick",
        lane="slow",
    ),
    Method(
        name="EdgeAgent.segments",
        caller=Caller.MANAGE,
        run=_segments,
        params=ProfileParams,
        result=SegmentsShape,
        result_name="mix",
        lane="slow",
    ),
)


class OfProfile(Shape, frozen=True, kw_only=True):
    """Whose."""

    profile: str


EVENTS = (
    Event(
        name="EdgeAgent.onPicksChanged",
        caller=Caller.MANAGE,
        summary="There is a new ranking for a profile.",
        value=OfProfile,
    ),
)
