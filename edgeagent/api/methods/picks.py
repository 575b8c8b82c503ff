"""``EdgeAgent``: ranked titles with their reasons, and the segments a profile is seen in."""

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
    WeekListShape,
)
from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import MAX_PICKS, EntityId, PickLimit, ProfileName
from edgeagent.ranking.heaviest import heaviest

__all__ = ["EVENTS", "METHODS"]


_MOST_REASONS = 12


class RecommendParams(Shape, frozen=True, kw_only=True):
    """A ranking for a profile."""

    limit: PickLimit = 10
    """Most titles in the answer."""
    profile: ProfileName | None = None
    """For whom; the active profile unless given."""
    cached: bool = False
    """Return the last ranking without scoring, if it is at most a day old."""


class LastPicksParams(Shape, frozen=True, kw_only=True):
    """The last ranking of a profile."""

    profile: ProfileName | None = None
    """Whose; the active profile's unless given."""
    limit: PickLimit = MAX_PICKS
    """Most titles in the answer."""


class ProfileParams(Shape, frozen=True, kw_only=True):
    """A profile."""

    profile: ProfileName | None = None
    """Which; the active one unless given."""


class ExplainParams(Shape, frozen=True, kw_only=True):
    """A title, scored for a profile."""

    entity_id: EntityId
    """Id of a title of the catalogue."""
    profile: ProfileName | None = None
    """For whom; the active profile unless given."""


def _recommend(call: Call, params: RecommendParams) -> RankingShape:
    """Rank titles for a profile, each with the watched titles that raised its score."""
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
    """Return the score of one title and the parts that add up to it."""
    pick = call.agent.explain(params.entity_id, profile=call.profile(params.profile))
    return PickShape.of(pick)


def _week_list(call: Call, params: ProfileParams) -> WeekListShape | None:
    """Return the list of a profile's week; null where none can be made now."""
    profile = call.profile(params.profile)
    before = call.agent.last_picks(profile=profile, limit=1)
    week = call.agent.week_list(profile=profile)
    after = call.agent.last_picks(profile=profile, limit=1)
    if after is not None and (before is None or before.made_at != after.made_at):
        call.emit(PICKS_CHANGED, OfProfile(profile=profile))
    return None if week is None else WeekListShape.of(week)


def _segments(call: Call, params: ProfileParams) -> SegmentsShape:
    """Return the segments the model assigns to a profile, as of its last ranking, and why."""
    profile = call.profile(params.profile)
    current = call.agent.installation().current
    labels = () if current is None else current.segments
    ranking = call.agent.last_picks(profile=profile)
    if (
        ranking is None
        or len(ranking.segment_probabilities) != len(labels)  # of another model
        or not ranking.segment_causes  # of a ranking without causes
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
    own("weekList", _week_list, ProfileParams, result_name="list", mode="slow"),
    own("explain", _explain, ExplainParams, result_name="pick", mode="slow"),
    own("segments", _segments, ProfileParams, result_name="mix", mode="slow"),
)


EVENTS = (
    Event(
        name=PICKS_CHANGED,
        caller=Caller.MANAGE,
        summary="A profile has a new ranking.",
        value=OfProfile,
    ),
)
