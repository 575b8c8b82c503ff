"""``EdgeAgent``: picks, why they were picked, and what the box makes of the household."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import msgspec

from edgeagent.api.call import Call
from edgeagent.api.caller import Caller
from edgeagent.api.events import PICKS_CHANGED
from edgeagent.api.method import Event, own
from edgeagent.messages import Reason
from edgeagent.messages.answers.household import OfProfile
from edgeagent.messages.answers.picks import (
    PickShape,
    RankingShape,
    ReasonShape,
    SegmentShape,
    SegmentsShape,
)
from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import MAX_PICKS, EntityId, PickLimit, ProfileName
from edgeagent.ranking.heaviest import heaviest

__all__ = ["EVENTS", "METHODS"]


_MOST_REASONS = 12


class RecommendParams(Shape, frozen=True, kw_only=True):
    """How many, and for whom."""

    limit: PickLimit = 10
    profile: ProfileName | None = None
    cached: bool = False
    """Serve the last picks at once, if they are a day old at most."""


class LastPicksParams(Shape, frozen=True, kw_only=True):
    """For whom, and how many at most."""

    profile: ProfileName | None = None
    limit: PickLimit = MAX_PICKS


class ProfileParams(Shape, frozen=True, kw_only=True):
    """For whom; nobody named means the active profile."""

    profile: ProfileName | None = None


class ExplainParams(Shape, frozen=True, kw_only=True):
    """Which title."""

    entity_id: EntityId
    profile: ProfileName | None = None


def _recommend(call: Call, params: RecommendParams) -> RankingShape:
    """Rank titles for a profile, each with the watched titles that caused it."""
    profile = call.profile(params.profile)
    ranking = call.agent.recommend(profile=profile, limit=params.limit, cached=params.cached)
    if not ranking.cached:
        call.emit(PICKS_CHANGED, OfProfile(profile=profile))
    return RankingShape.of(ranking)


def _last_picks(call: Call, params: LastPicksParams) -> RankingShape | None:
    """Return the last ranking at once, without scoring; null when there is none."""
    profile = call.profile(params.profile)
    ranking = call.agent.last_picks(profile=profile, limit=params.limit)
    return None if ranking is None else RankingShape.of(ranking)


def _explain(call: Call, params: ExplainParams) -> PickShape:
    """Return one title's score and the parts that add up to it."""
    pick = call.agent.explain(params.entity_id, profile=call.profile(params.profile))
    return PickShape.of(pick)


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
        call.emit(PICKS_CHANGED, OfProfile(profile=profile))
    causes = {cause.segment: cause.reasons for cause in ranking.segment_causes}
    segments = [
        SegmentShape(
            id=number,
            probability=part,
            reasons=_shapes(causes.get(number, ())),
            **msgspec.structs.asdict(label),
        )
        for number, (label, part) in enumerate(
            zip(labels, ranking.segment_probabilities, strict=False)
        )
    ]
    parts = chain.from_iterable(pick.reasons for pick in ranking.picks)
    return SegmentsShape(
        profile=profile,
        made_at=ranking.made_at,
        segments=tuple(sorted(segments, key=lambda segment: -segment.probability)),
        because=_shapes(heaviest(parts, most=_MOST_REASONS)),
    )


def _shapes(reasons: Iterable[Reason]) -> tuple[ReasonShape, ...]:
    return tuple(ReasonShape.of(reason) for reason in reasons)


METHODS = (
    own("recommend", _recommend, RecommendParams, result_name="ranking", mode="slow"),
    own("lastPicks", _last_picks, LastPicksParams, result_name="ranking"),
    own("explain", _explain, ExplainParams, result_name="pick", mode="slow"),
    own("segments", _segments, ProfileParams, result_name="mix", mode="slow"),
)


EVENTS = (
    Event(
        name=PICKS_CHANGED,
        caller=Caller.MANAGE,
        summary="There is a new ranking for a profile.",
        value=OfProfile,
    ),
)
