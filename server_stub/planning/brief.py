"""A brief: what is known of a segment, for those who make trailers and programmes."""

from __future__ import annotations

from edgeagent.clock import iso_utc
from edgeagent.messages import Message
from edgeagent.messages.portrait import PanelPortrait, Standout
from server_stub.aggregation.publication import SHARE_OF
from server_stub.planning.mix import SessionMix

__all__ = ["SegmentBrief", "brief_segment"]


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
    "the time of day",
    "why they watch: a lift says what is watched together, not what is missed",
)


def brief_segment(mix: SessionMix, number: int, portrait: PanelPortrait) -> SegmentBrief:
    """Return the brief of a segment that is counted."""
    found = mix.audience.segments
    size = next(segment for segment in found if segment.category == number)
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
        unknown=(*_NOT_KNOWN, *_of_unknown_topic(own.unknown_share)),
    )


def _of_unknown_topic(share: float) -> tuple[str, ...]:
    return (f"what {share:.1%} of what is watched in it is about",) if share > 0 else ()
