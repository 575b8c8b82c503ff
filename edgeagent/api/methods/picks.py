"""``EdgeAgent``: picks, why they were picked, and what the box makes of the household."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from edgeagent.api.call import Call
from edgeagent.api.method import Caller, Event, Facade, Shape, own
from edgeagent.api.methods.camel import camel
from edgeagent.messages import Picks, Reason
from edgeagent.messages.fields import EntityId, ProfileName

__all__ = ["EVENTS", "METHODS"]


_Limit = Annotated[int, Meta(ge=1, le=1000)]
_RECOMMENDER = "edgeagent.services.recommender"


class RecommendParams(Shape, frozen=True, kw_only=True):
    """How many, and for whom."""

    limit: _Limit = 10
    profile: ProfileName | None = None
    cached: bool = False
    """Serve the last picks at once, if they are a day old at most."""


class LastPicksParams(Shape, frozen=True, kw_only=True):
    """For whom, and how many at most."""

    profile: ProfileName | None = None
    limit: _Limit = 1000


class ProfileParams(Shape, frozen=True, kw_only=True):
    """For whom; nobody named means the active profile."""

    profile: ProfileName | None = None


class ExplainParams(Shape, frozen=True, kw_only=True):
    """Which title."""

    entity_id: EntityId
    profile: ProfileName | None = None


class ReasonShape(Shape, frozen=True, kw_only=True):
    """One part of a score, or of a segment."""

    kind: str
    entity_id: str | None
    title: str
    contribution: float
    share_fraction: float


class SegmentShape(Shape, frozen=True, kw_only=True):
    """One segment, and how much of the household's taste lies in it."""

    id: int
    name: str
    probability: float
    sensitive: bool
    """A sensitive segment is never a category of a report."""
    iab: tuple[str, ...]
    reasons: tuple[ReasonShape, ...]
    """The watched titles without which it would be smaller; of the largest segments."""


class SegmentsShape(Shape, frozen=True, kw_only=True):
    """The household's own mix, largest part first; it never leaves the box."""

    profile: str
    made_at: int
    segments: tuple[SegmentShape, ...]
    because: tuple[ReasonShape, ...]
    """The watched titles that raised the present picks most, each with its part of all their
    weight: together at most 1."""


def _recommend(call: Call, params: RecommendParams) -> Any:  # noqa: ANN401  (see camel)
    """Rank titles for a profile, each with the watched titles that caused it."""
    profile = call.profile(params.profile)
    ranking = call.agent.recommend(profile=profile, limit=params.limit, cached=params.cached)
    if not ranking.cached:
        call.emit("EdgeAgent.onPicksChanged", {"profile": profile})
    return camel(ranking)


def _last_picks(call: Call, params: LastPicksParams) -> Any:  # noqa: ANN401  (see camel)
    """Return the last ranking at once, without scoring; null when there is none."""
    profile = call.profile(params.profile)
    return camel(call.agent.last_picks(profile=profile, limit=params.limit))


def _explain(call: Call, params: ExplainParams) -> Any:  # noqa: ANN401  (see camel)
    """Return one title's score and the parts that add up to it."""
    return camel(call.agent.explain(params.entity_id, profile=call.profile(params.profile)))


def _segments(call: Call, params: ProfileParams) -> SegmentsShape:
    """Return which segments the box sees a profile in, as of its last picks, and why."""
    profile = call.profile(params.profile)
    current = call.agent.installation().current
    labels = () if current is None else current.segments
    ranking = call.agent.last_picks(profile=profile)
    if (
        ranking is None
        or len(ranking.segment_probabilities) != len(labels)  # another model's
        or not ranking.segment_causes  # made for a list of titles only
    ):
        ranking = call.agent.recommend(profile=profile, why_segments=True)
        call.emit("EdgeAgent.onPicksChanged", {"profile": profile})
    causes = {cause.segment: cause.reasons for cause in ranking.segment_causes}
    segments = [
        SegmentShape(
            id=number,
            name=label.name,
            probability=part,
            sensitive=label.sensitive,
            iab=label.iab,
            reasons=_shapes(causes.get(number, ())),
        )
        for number, (label, part) in enumerate(
            zip(labels, ranking.segment_probabilities, strict=False)
        )
    ]
    return SegmentsShape(
        profile=profile,
        made_at=ranking.made_at,
        segments=tuple(sorted(segments, key=lambda segment: -segment.probability)),
        because=_shapes(_heaviest(ranking)),
    )


_MOST_REASONS = 12


def _heaviest(picks: Picks) -> list[Reason]:
    """Return the watched titles that raised all picks together most, with their part of it all."""
    weights: dict[str, Reason] = {}
    whole = 0.0
    for reason in (reason for pick in picks.picks for reason in pick.reasons):
        whole += abs(reason.contribution)
        if reason.entity_id is None or reason.contribution <= 0:
            continue
        known = weights.get(reason.entity_id)
        raised = reason.contribution + (0.0 if known is None else known.contribution)
        weights[reason.entity_id] = msgspec.structs.replace(reason, contribution=raised)
    ordered = sorted(weights.values(), key=lambda reason: -reason.contribution)[:_MOST_REASONS]
    return [
        msgspec.structs.replace(reason, share_fraction=reason.contribution / whole)
        for reason in ordered
    ]


def _shapes(reasons: Iterable[Reason]) -> tuple[ReasonShape, ...]:
    return tuple(msgspec.convert(r, ReasonShape, from_attributes=True) for r in reasons)


METHODS = (
    own(
        "recommend",
        _recommend,
        params=RecommendParams,
        result=Facade(module=_RECOMMENDER, name="Ranking"),
        result_name="ranking",
        lane="slow",
    ),
    own(
        "lastPicks",
        _last_picks,
        params=LastPicksParams,
        result=Facade(module=_RECOMMENDER, name="Ranking", or_null=True),
        result_name="ranking",
    ),
    own(
        "explain",
        _explain,
        params=ExplainParams,
        result=Facade(module="edgeagent.messages", name="Pick"),
        result_name="pick",
        lane="slow",
    ),
    own(
        "segments",
        _segments,
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
