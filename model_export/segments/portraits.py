"""Portraits of segments on a panel, and what each title is to them: files for who plans."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edgeagent.messages import Title
from edgeagent.messages.portrait import PanelPortrait, SegmentPortrait, Standout
from model_export.heads.trained_model import TrainedModel
from model_export.log import WatchLog
from model_export.metadata import NOTHING_KNOWN
from model_export.segments.appeal import Appeal, AssignedSessions
from model_export.segments.english_names import shortened
from model_export.segments.facets import Facet, V, distinctive_titles, watched_in
from model_export.segments.kmeans import unit_rows

__all__ = ["candidates_csv", "panel_portrait", "share_errors"]

_LIFT, _SHARE = 1.3, 0.05
"""How much more, and how much at all, before something stands out."""
_LISTED, _TITLES = 5, 8
_LETTERS = 100
_FACTS = (
    *("entity_id", "title", "genre", "age_rating", "run_minutes"),
    *("sessions", "model_error", "space_id"),
)


def panel_portrait(model: TrainedModel, log: WatchLog, assigned: AssignedSessions) -> PanelPortrait:
    """Return what the segments of a model are on a panel."""
    titles, count = model.titles, assigned.count
    rows = assigned.sessions.rows
    watched = watched_in(rows, assigned.segments, titles=len(titles), count=count)
    genres = Facet.of(titles, watched, lambda title: dict.fromkeys(title.genres))
    decades = Facet.of(titles, watched, _decade)
    themes = Facet.of(
        titles,
        watched,
        lambda title: dict.fromkeys(log.metadata.get(title.entity_id, NOTHING_KNOWN).keywords),
    )
    told = distinctive_titles(titles, watched, most=_TITLES)
    homes = _homes(model, watched)
    shares, errors = assigned.shares, share_errors(assigned)
    sums = np.bincount(assigned.segments, weights=assigned.cosines, minlength=count)
    cohesion = sums / np.maximum(np.bincount(assigned.segments, minlength=count), 1)
    return PanelPortrait(
        space_id=model.table.space_id,
        watched_from=int(log.watched_on.min()),
        watched_until=int(log.watched_on.max()),
        people=len(np.unique(assigned.sessions.users)),
        sessions=len(rows),
        segments=tuple(
            SegmentPortrait(
                name=label.name,
                sensitive=label.sensitive,
                share=float(shares[number]),
                standard_error=float(errors[number]),
                cohesion=float(np.clip(cohesion[number], -1, 1)),
                unknown_share=float(model.unknown_share[number]),
                iab=label.iab,
                genres=_standouts(genres, number),
                decades=_standouts(decades, number),
                themes=_standouts(themes, number),
                titles=tuple(shortened(title, _LETTERS) for title in told[number]),
                homes=tuple(homes[number].tolist()),
            )
            for number, label in enumerate(model.labels)
        ),
    )


def share_errors(assigned: AssignedSessions) -> NDArray[np.float64]:
    """Return [S] standard errors of the segments' shares, people drawn at random.

    Of a ratio of sums over people (Cochran 1977, Sampling Techniques, 2.11): sessions of one person
    are alike, so that twenty thousand sessions of two thousand people tell less than they seem to.
    """
    _, person = np.unique(assigned.sessions.users, return_inverse=True)
    counts = np.zeros((int(person.max()) + 1, assigned.count))
    np.add.at(counts, (person, assigned.segments), 1.0)
    beside = counts - counts.sum(axis=1, keepdims=True) * assigned.shares
    return np.asarray(np.sqrt((beside**2).sum(axis=0)) / len(person))


def candidates_csv(
    model: TrainedModel, appeal: Appeal, *, model_error: float, chosen: Sequence[int]
) -> str:
    """Return titles as candidates of a line-up (RFC 4180), a row each, the given ones in order."""
    text = io.StringIO()
    segments = range(len(model.labels))
    writer = csv.writer(text)
    writer.writerow([*_FACTS, *(f"appeal_{number}" for number in segments)])
    for place in chosen:
        title = model.titles[place]
        writer.writerow(
            [
                *(title.entity_id, title.title, next(iter(title.genres), "")),
                *(title.age_rating, title.run_minutes or "", appeal.watched[place]),
                *(f"{model_error:.3f}", model.table.space_id),
                *(f"{value:.5g}" for value in appeal.rates[place] * appeal.lifts[:, place]),
            ]
        )
    return text.getvalue()


def _decade(title: Title) -> tuple[str, ...]:
    return () if title.year is None else (f"{title.year // 10 * 10}s",)


def _homes(model: TrainedModel, watched: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return [S, S] how much of each segment's watching is of titles nearest to each segment."""
    rows = model.table.embeddings()
    home = (unit_rows(rows) @ model.centroids.T).argmax(axis=1)
    known = np.linalg.norm(rows, axis=1) > 0
    own = np.zeros((len(rows), len(model.centroids)))
    own[np.flatnonzero(known), home[known]] = 1.0
    parts = watched @ own / np.maximum(watched.sum(axis=1, keepdims=True), 1.0)
    return np.asarray(np.clip(parts, 0.0, 1.0))


def _standouts(facet: Facet[V], segment: int) -> tuple[Standout, ...]:
    place = {value: number for number, value in enumerate(facet.values)}
    lifted = facet.lifted(segment, lift=_LIFT, share=_SHARE)[:_LISTED]
    return tuple(
        Standout(
            value=shortened(str(value), _LETTERS),
            share=min(float(facet.share[segment, place[value]]), 1.0),
            lift=float(facet.share[segment, place[value]] / facet.overall[place[value]]),
        )
        for value in lifted
    )
