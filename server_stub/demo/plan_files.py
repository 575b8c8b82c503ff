"""What the plans of a demo need beside its reports: a portrait, candidates and slots, invented."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from edgeagent.messages import canonical_bytes
from edgeagent.messages.manifest import BEFORE_1970
from edgeagent.messages.portrait import PanelPortrait, SegmentPortrait, Standout
from server_stub.demo.repository_files import SPACE_ID, demo_titles
from server_stub.demo.segments import SEGMENTS, DemoSegment

__all__ = ["CANDIDATES_NAME", "PORTRAIT_NAME", "SLOTS_NAME", "write_plan_files"]

PORTRAIT_NAME, CANDIDATES_NAME, SLOTS_NAME = "portrait.json", "candidates.csv", "slots.csv"
_PEOPLE, _SESSIONS, _DAYS = 2_000, 20_000, 90
_SENSITIVE_PERCENT = 1.0
"""Of the panel's sessions: nobody reports them, and the panel has them all the same."""
_OWN = 0.6
"""Of what is watched in a segment, its own titles."""
_TITLES = 4
"""Of each segment that may be scheduled."""
_APPEALS = (0.10, 0.06, 0.04, 0.02)
"""Of those titles to their own segment: the chance that one of its sessions holds one."""
_ELSEWHERE = 0.001
_SLOTS = (
    ("slot", "max_age", "minutes"),
    ("family hour", "6", "120"),
    ("early evening", "12", "120"),
    ("prime time", "16", ""),
    ("late", "", ""),
)


def write_plan_files(directory: Path, *, now: int) -> None:
    """Write the three files; equal arguments give equal bytes.

    Args:
        directory: of the demo.
        now: seconds UTC; the panel was watched until then.

    """
    (directory / PORTRAIT_NAME).write_bytes(canonical_bytes(_portrait(now)))
    (directory / CANDIDATES_NAME).write_text(_table(_candidates()), "utf-8", newline="")
    (directory / SLOTS_NAME).write_text(_table(_SLOTS), "utf-8", newline="")


def _portrait(now: int) -> PanelPortrait:
    percents = [segment.percent or _SENSITIVE_PERCENT for segment in SEGMENTS]
    return PanelPortrait(
        space_id=SPACE_ID,
        watched_from=now - _DAYS * 86_400,
        watched_until=now,
        people=_PEOPLE,
        sessions=_SESSIONS,
        segments=tuple(
            _of_segment(segment, number, percents[number] / sum(percents))
            for number, segment in enumerate(SEGMENTS)
        ),
    )


def _of_segment(segment: DemoSegment, number: int, share: float) -> SegmentPortrait:
    era = segment.era if segment.era == BEFORE_1970 else f"{segment.era}s"
    others = (1 - _OWN) / (len(SEGMENTS) - 1)
    return SegmentPortrait(
        name=segment.name,
        sensitive=segment.sensitive,
        share=share,
        standard_error=(share * (1 - share) / _PEOPLE) ** 0.5,
        cohesion=0.35 + 0.01 * (number % 20),
        unknown_share=0.02,
        iab=(segment.iab,),
        genres=(Standout(value=segment.genre, share=0.7, lift=4.0),),
        decades=(Standout(value=era, share=0.6, lift=2.5),),
        themes=(Standout(value=segment.theme, share=0.3, lift=9.0),) if segment.theme else (),
        titles=tuple(title.title for title in demo_titles(number)[:8]),
        homes=tuple(_OWN if home == number else others for home in range(len(SEGMENTS))),
    )


def _candidates() -> Iterator[tuple[object, ...]]:
    facts = ("entity_id", "title", "genre", "age_rating", "run_minutes", "sessions", "model_error")
    yield (*facts, "space_id", *(f"appeal_{number}" for number in range(len(SEGMENTS))))
    for number, segment in enumerate(SEGMENTS):
        for title, appeal in zip(demo_titles(number)[:_TITLES], _APPEALS, strict=True):
            if segment.sensitive:
                continue
            sessions = round(_SESSIONS * appeal * segment.percent / 100)
            yield (
                *(title.entity_id, title.title, segment.genre, title.age_rating),
                *(title.run_minutes, sessions, "0.300", SPACE_ID),
                *(appeal if home == number else _ELSEWHERE for home in range(len(SEGMENTS))),
            )


def _table(rows: Iterator[tuple[object, ...]] | tuple[tuple[object, ...], ...]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
