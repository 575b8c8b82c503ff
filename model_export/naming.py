"""What segments are called: by the genres and decades they watch more than others, else by titles.

A name is a description of what was watched there, made from the log alone, and distinct.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import SegmentLabel, Title
from model_export.session_vectors import Session
from model_export.taxonomy import iab_categories, is_sensitive

__all__ = ["label_segments"]

_LIFT = 1.5
"""How many times more than in the whole log something is watched before it names a segment."""
_MINIMUM_SHARE = 0.15
_ERA_SHARE = 0.4
_MAX_GENRES = 2
_MAX_NAME_LENGTH = 120
_MAX_IAB = 8


def label_segments(
    titles: Sequence[Title],
    sessions: Sequence[Session],
    assigned: NDArray[np.integer],
    *,
    count: int,
) -> tuple[SegmentLabel, ...]:
    """Name S segments.

    Args:
        titles: of the log.
        sessions: M of them.
        assigned: [M] segment of each.
        count: S.

    """
    watched = _watched(sessions, assigned, titles=len(titles), count=count)
    genres = _Facet.of(titles, watched, lambda title: title.genres)
    eras = _Facet.of(titles, watched, _decade)
    tops = _top_titles(titles, watched)
    labels: list[SegmentLabel] = []
    names: set[str] = set()
    for segment in range(count):
        lifted = genres.lifted(segment, minimum_share=_MINIMUM_SHARE)
        era = eras.lifted(segment, minimum_share=_ERA_SHARE)[:1]
        name = _distinct(_name(lifted[:_MAX_GENRES], era), tops[segment], names)
        names.add(name)
        labels.append(
            SegmentLabel(
                name=name,
                sensitive=is_sensitive(lifted),
                iab=iab_categories(lifted)[:_MAX_IAB],
            )
        )
    return tuple(labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facet:
    """How much of each segment's watching has each value of one property."""

    values: tuple[str, ...]
    share: NDArray[np.float64]
    """[S, V]."""
    overall: NDArray[np.float64]
    """[V]."""

    @classmethod
    def of(
        cls,
        titles: Sequence[Title],
        watched: NDArray[np.float64],
        values_of: Callable[[Title], Sequence[str]],
    ) -> _Facet:
        """Count a property over what was watched [S, N]."""
        values = tuple(sorted({value for title in titles for value in values_of(title)}))
        place = {value: column for column, value in enumerate(values)}
        has = np.zeros((len(titles), len(values)))
        for row, title in enumerate(titles):
            has[row, [place[value] for value in values_of(title)]] = 1.0
        totals = np.maximum(watched.sum(axis=1, keepdims=True), 1.0)
        everything = watched.sum(axis=0)
        return cls(
            values=values,
            share=watched @ has / totals,
            overall=everything @ has / max(float(everything.sum()), 1.0),
        )

    def lifted(self, segment: int, *, minimum_share: float) -> list[str]:
        """Return the values that stand out in a segment, those that say most about it first."""
        share = self.share[segment]
        lift = share / np.maximum(self.overall, 1e-9)
        stands_out = np.flatnonzero((lift >= _LIFT) & (share >= minimum_share))
        telling = share[stands_out] * np.log(lift[stands_out])
        return [self.values[value] for value in stands_out[np.argsort(-telling, kind="stable")]]


def _watched(
    sessions: Sequence[Session], assigned: NDArray[np.integer], *, titles: int, count: int
) -> NDArray[np.float64]:
    """Return [S, N] how often each title was watched in sessions of each segment."""
    watched = np.zeros((count, titles))
    for session, segment in zip(sessions, assigned, strict=True):
        np.add.at(watched[segment], session.items, 1.0)
    return watched


def _decade(title: Title) -> tuple[str, ...]:
    return () if title.year is None else (f"{title.year // 10 * 10}s",)


def _top_titles(titles: Sequence[Title], watched: NDArray[np.float64]) -> list[list[str]]:
    """Return for each segment its most telling titles, once a series."""
    share = watched / np.maximum(watched.sum(axis=1, keepdims=True), 1.0)
    overall = watched.sum(axis=0) / max(float(watched.sum()), 1.0)
    telling = share * np.log(np.maximum(share, 1e-12) / np.maximum(overall, 1e-12))
    tops = []
    for row in telling:
        best = np.argsort(-row, kind="stable")[:50]
        spoken = (_spoken(titles[item]) for item in best if row[item] > 0)
        tops.append(list(dict.fromkeys(spoken))[:3])
    return tops


def _spoken(title: Title) -> str:
    """Return a title without its second name; of an episode what stands before the colon."""
    name = title.title.split(":")[0] if title.kind == "episode" else title.title
    return re.sub(r"\s*\([^()]*\)$", "", name).strip()


def _name(genres: Sequence[str], era: Sequence[str]) -> str:
    what = " and ".join(genres)
    return " of the ".join(part for part in (what or ("Titles" if era else ""), *era) if part)


def _distinct(name: str, tops: Sequence[str], taken: set[str]) -> str:
    """Return a name nobody has, adding what is watched there until it is."""
    around = " and ".join(f"“{top}”" for top in tops[:2])
    first = f"“{tops[0]}”" if tops else ""
    wordings = [
        name,
        f"{name} around {first}" if name and first else "",
        f"{name} around {around}" if name and around else "",
        f"Around {around}" if around else "",
    ]
    shortened = [wording[:_MAX_NAME_LENGTH] for wording in wordings if wording]
    for wording in shortened:
        if wording not in taken:
            return wording
    base = shortened[-1] if shortened else "Mixed"
    number = next(n for n in range(2, len(taken) + 3) if f"{base} ({n})" not in taken)
    return f"{base} ({number})"
