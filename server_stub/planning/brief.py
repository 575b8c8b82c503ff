"""A brief: what is known of a segment, for those who make trailers and programmes."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET

from edgeagent.clock import iso_utc
from edgeagent.messages import Message, ReportTask
from edgeagent.messages.portrait import PanelPortrait, Standout
from edgeagent.messages.task import DAYPARTS
from edgeagent.messages.task_labels import zone_name
from server_stub.aggregation.publication import SHARE_OF
from server_stub.planning.mix import SessionMix
from server_stub.planning.offers import offer_weights

__all__ = ["GroupDaypart", "SegmentBrief", "brief_segment"]


class GroupDaypart(Message, frozen=True, kw_only=True):
    """What part of the answers a segment's whole group has in a part of the day."""

    daypart: str
    share: float
    low: float
    high: float


class SegmentBrief(Message, frozen=True, kw_only=True):
    """One segment on one page: size from counts, everything else from the panel."""

    segment: str
    iab: tuple[str, ...]
    """IAB Content Taxonomy 3.1 ids."""
    share: float
    """Of the answers of reporting boxes: one session of the week each, or "none"."""
    low: float
    high: float
    confidence: float
    reports: int
    weeks: tuple[int, ...]
    final: bool
    panel_share: float
    panel_standard_error: float
    panel_until: str
    """The last viewing that the portrait was measured on, ISO 8601."""
    panel_people: int
    genres: tuple[Standout, ...]
    decades: tuple[Standout, ...]
    themes: tuple[Standout, ...]
    titles: tuple[str, ...]
    """That carry it."""
    cohesion: float
    """Mean cosine of its sessions with it: near 1 they are all alike, near 0 it is a remainder."""
    own_part: float
    """Of what is watched in it, the part that is of titles whose own segment it is."""
    neighbours: tuple[str, ...]
    """The segments whose titles are watched in it most, beside its own."""
    group: tuple[str, ...] = ()
    """The segments that were counted together with it, itself included; empty: it was alone."""
    zone: str = ""
    """Of the dayparts."""
    dayparts: tuple[GroupDaypart, ...] = ()
    """Of the group; empty where no time of day was counted."""
    unknown: tuple[str, ...]

    def lines(self) -> tuple[str, ...]:
        """Return the brief in words."""
        state = "final" if self.final else "provisional"
        interval = f"{self.low:.1%} to {self.high:.1%}, {self.confidence:.0%}"
        panel = f"{self.panel_share:.1%} ± {self.panel_standard_error:.1%}"
        return (
            self.segment,
            f"  size       {self.share:.1%} {SHARE_OF} ({interval})",
            f"             from {self.reports:,} reports, {state}",
            *self._group_lines(),
            f"  on panel   {panel}, {self.panel_people:,} people until {self.panel_until[:10]}",
            *_listed("genres", self.genres),
            *_listed("decades", self.decades),
            *_listed("themes", self.themes),
            f"  carried by {'; '.join(self.titles) or 'no title in particular'}",
            f"  cohesion   {self.cohesion:.2f}; {self.own_part:.0%} of what is watched is its own",
            f"  beside it  {'; '.join(self.neighbours) or 'nothing'}",
            f"  IAB        {' '.join(self.iab)}",
            "What is not known:",
            *(f"  - {sentence}" for sentence in self.unknown),
        )

    def _group_lines(self) -> tuple[str, ...]:
        if not self.group:
            return ()
        others = [name for name in self.group if name != self.segment]
        told = (
            f"{one.daypart} {one.share:.1%} ({one.low:.1%} to {one.high:.1%})"
            for one in self.dayparts
        )
        return (
            f"  counted with {'; '.join(others) or 'no other'}",
            f"  its group  {', '.join(told)}; {self.zone}",
        )


def _listed(name: str, values: tuple[Standout, ...]) -> tuple[str, ...]:
    if not values:
        return ()
    told = (f"{one.value} {one.share:.0%} (× {one.lift:.1f})" for one in values)
    return (f"  {name:10} {', '.join(told)}",)


_NEIGHBOURS = 3
_NOT_KNOWN = (
    "who watches: no age, sex, place or income is measured, and none can be concluded",
    "how many people or homes: a session may be of one person or of four",
    "boxes that do not consent to reports",
    "why they watch: a lift says what is watched together, not what is missed",
)

_OF_SEGMENTS = ("the time of day",)
_OF_GROUPS = (
    "its own part of the group: taken as on the panel, and no interval holds how far that is wrong",
    "the time of day of the segment alone",
)


def brief_segment(mix: SessionMix, number: int, portrait: PanelPortrait) -> SegmentBrief:
    """Return the brief of a segment that is counted, by itself or in a group."""
    size = mix.weighted(_weights(mix, [number], "", portrait))
    group = _group_of(mix.task, number)
    own = portrait.segments[number]
    beside = sorted(
        (home for home in range(len(own.homes)) if home != number and own.homes[home] > 0),
        key=lambda home: -own.homes[home],
    )
    return SegmentBrief(
        segment=mix.labels[number].name,
        iab=mix.labels[number].iab,
        share=size.value,
        low=size.low,
        high=size.high,
        confidence=mix.audience.confidence,
        reports=mix.audience.reports,
        weeks=mix.audience.weeks,
        final=mix.audience.final,
        panel_share=own.share,
        panel_standard_error=own.standard_error,
        panel_until=iso_utc(portrait.watched_until),
        panel_people=portrait.people,
        genres=own.genres,
        decades=own.decades,
        themes=own.themes,
        titles=own.titles,
        cohesion=own.cohesion,
        own_part=own.homes[number],
        neighbours=tuple(portrait.segments[home].name for home in beside[:_NEIGHBOURS]),
        group=tuple(mix.labels[segment].name for segment in group),
        zone="" if mix.task.by_group is UNSET else zone_name(mix.task.by_group.utc_offset_minutes),
        dayparts=tuple(_in_daypart(mix, group, daypart) for daypart in DAYPARTS if group),
        unknown=(
            *_NOT_KNOWN,
            *(_OF_GROUPS if group else _OF_SEGMENTS),
            *_of_unknown_topic(own.unknown_share),
        ),
    )


def _weights(
    mix: SessionMix, segments: Sequence[int], daypart: str, portrait: PanelPortrait | None
) -> list[float]:
    inside = [float(segment in segments) for segment in range(len(mix.labels))]
    return offer_weights(mix.task, inside, daypart, portrait)


def _group_of(task: ReportTask, number: int) -> tuple[int, ...]:
    """Return the segments that are counted together with one; none where each is by itself."""
    if task.by_group is UNSET:
        return ()
    groups = task.by_group.groups
    return tuple(
        segment
        for segment, its in enumerate(groups)
        if its == groups[number] and segment not in task.sensitive
    )


def _in_daypart(mix: SessionMix, group: Sequence[int], daypart: str) -> GroupDaypart:
    found = mix.weighted(_weights(mix, group, daypart, None))
    return GroupDaypart(daypart=daypart, share=found.value, low=found.low, high=found.high)


def _of_unknown_topic(share: float) -> tuple[str, ...]:
    return (f"what {share:.1%} of what is watched in it is about",) if share > 0 else ()
