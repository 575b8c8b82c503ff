"""Engine: one model and one catalogue of the same space, from viewings to answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import ModelRefused
from edgeagent.features.catalogue import CatalogueView
from edgeagent.features.window import Window, completion, history_window, session_window
from edgeagent.messages import (
    Pick,
    Picks,
    RankRequest,
    SegmentAnswer,
    SegmentRequest,
    Title,
    Viewing,
)
from edgeagent.ranking.candidates import Seen, Shelf
from edgeagent.ranking.order import by_score, id_order, shortlist, spread_over_genres
from edgeagent.ranking.reasons import NAMED_IN_RANKING, bias_kind, merge_repeats, reasons_of
from edgeagent.scoring.golden import check_golden
from edgeagent.scoring.session import ModelInputs, ModelOutputs, OnnxModel
from edgeagent.segments.categories import argmax_segment
from edgeagent.sessions import split_sessions

__all__ = ["Engine"]

_CHUNK = 16_384
"""Candidates a run: the model widens their int8 rows to float32, 8 MiB at D = 128."""
_NO_COLUMNS = np.array([], dtype=np.intp)


class Engine:
    """Answers requests with one model over one catalogue; holds no state between them."""

    def __init__(self, model: OnnxModel, catalogue: CatalogueView) -> None:
        """Join a model and a catalogue.

        Raises:
            ModelRefused: they are of different spaces or dimensions.

        """
        facts = model.facts
        if facts.space_id != catalogue.space_id:
            raise ModelRefused(
                f"model of space {facts.space_id}, catalogue of space {catalogue.space_id}",
                hint="publish a model and a catalogue of one training; the ones in use stay",
            )
        if facts.d != len(catalogue.rows):
            raise ModelRefused(
                f"model of {facts.d} dimensions, catalogue of {len(catalogue.rows)}",
                hint="publish a model and a catalogue of one training; the ones in use stay",
            )
        self.model = model
        self.catalogue = catalogue
        self._shelf = Shelf.of(catalogue.titles)
        self._ids = id_order(catalogue.titles)
        self._needs_together = facts.head == "timescales"

    def rank(self, request: RankRequest) -> Picks:
        """Rank the catalogue, or explain one title; see :class:`~.protocol.Scorer`."""
        hidden = self._shelf.with_episodes(request.hidden)
        left_out = hidden | self._shelf.with_episodes(request.not_reasons)
        # Left out before anything looks at the history: then nothing, not even what counts as
        # watched, can tell that these viewings were ever there.
        history = [v for v in request.history if v.entity_id not in left_out]
        window = history_window(history, self.catalogue, now=request.now)
        scores = self._scores(window)
        if request.explain is None:
            columns = self._choose(request, self._seen(history), hidden=hidden, scores=scores)
        else:
            columns = self._columns({request.explain} - hidden)
        named = NAMED_IN_RANKING if request.explain is None else None
        picks, outputs = self._explained(window, columns, named=named)
        return Picks(
            picks=picks,
            segment_probabilities=tuple(outputs.segment_probabilities.tolist()),
            score_spread=float(np.ptp(scores)),
        )

    def segment(self, request: SegmentRequest) -> SegmentAnswer:
        """Assign a segment to each session; see :class:`~.protocol.Scorer`."""
        return SegmentAnswer(
            segments=tuple(
                self._segment(session)
                for viewings in request.profiles
                for session in split_sessions(viewings, self._title)
            )
        )

    def segment_probabilities(self, window: Window) -> NDArray[np.float32]:
        """Return [S] how much of each segment the model sees in a window; sums to 1."""
        return self._run(window, _NO_COLUMNS).segment_probabilities

    def scores(
        self, history: Sequence[Viewing], *, now: int, left_out: Collection[str] = frozenset()
    ) -> NDArray[np.float32]:
        """Return [N] the score of every title for a history, nothing filtered: to evaluate with."""
        return self._scores(history_window(history, self.catalogue, now=now, left_out=left_out))

    def check_golden(self, data: bytes) -> None:
        """Run the golden vectors of a model.

        Raises:
            ModelRefused: one is missed, or they are not golden vectors.

        """
        check_golden(self.model, data)

    def _segment(self, session: Sequence[Viewing]) -> int | None:
        window = session_window(session, self.catalogue)
        return argmax_segment(self.segment_probabilities(window).tolist()) if len(window) else None

    def _choose(
        self,
        request: RankRequest,
        seen: Sequence[Seen],
        *,
        hidden: Collection[str],
        scores: NDArray[np.float32],
    ) -> NDArray[np.intp]:
        """Return the columns to show, best first."""
        titles = self.catalogue.titles
        candidates = self._shelf.candidates(
            seen, hidden=self._columns(hidden).tolist(), max_age_rating=request.max_age_rating
        )
        order = by_score(candidates, scores, self._ids)
        if not any(viewing.completion_fraction > 0 for viewing in seen):
            order = spread_over_genres(order, titles)
        return shortlist(order, titles, limit=request.limit)

    def _explained(
        self, window: Window, columns: NDArray[np.intp], *, named: int | None
    ) -> tuple[tuple[Pick, ...], ModelOutputs]:
        """Score ``columns`` again in one run with their explanations, so that both agree."""
        outputs = self._run(window, columns, explain=True)
        titles, bias = self.catalogue.titles, self.catalogue.bias
        watched, merged = merge_repeats(window.columns, outputs.contributions)
        causes = [titles[column] for column in watched]
        picks = []
        for column, score, parts in zip(columns, outputs.scores.tolist(), merged, strict=True):
            title, own = titles[column], float(bias[column])
            # The parts of this head do not add up by themselves: what they share is a part, too.
            rest = score - own - float(parts.sum()) if self._needs_together else None
            reasons = reasons_of(
                causes,
                parts,
                bias=own,
                bias_is=bias_kind(title, issued_at=self.catalogue.issued_at),
                together=rest,
                named=named,
            )
            picks.append(
                Pick(
                    entity_id=title.entity_id,
                    title=title.title,
                    kind=title.kind,
                    year=title.year,
                    genres=title.genres,
                    score=score,
                    reasons=reasons,
                )
            )
        return tuple(picks), outputs

    def _seen(self, history: Sequence[Viewing]) -> list[Seen]:
        index, titles = self.catalogue.index, self.catalogue.titles
        return [
            Seen(
                column=index[v.entity_id],
                watched_on=v.watched_on,
                completion_fraction=completion(
                    completed=v.completed,
                    progress_fraction=v.progress_fraction,
                    progress_seconds=v.progress_seconds,
                    run_minutes=titles[index[v.entity_id]].run_minutes,
                ),
            )
            for v in history
            if v.entity_id in index
        ]

    def _title(self, entity_id: str) -> Title | None:
        column = self.catalogue.index.get(entity_id)
        return None if column is None else self.catalogue.titles[column]

    def _columns(self, entity_ids: Collection[str]) -> NDArray[np.intp]:
        index = self.catalogue.index
        return np.array(sorted(index[e] for e in entity_ids if e in index), dtype=np.intp)

    def _scores(self, window: Window) -> NDArray[np.float32]:
        starts = range(0, len(self.catalogue.titles), _CHUNK)
        return np.concatenate([self._run(window, slice(at, at + _CHUNK)).scores for at in starts])

    def _run(
        self, window: Window, columns: NDArray[np.intp] | slice, *, explain: bool = False
    ) -> ModelOutputs:
        """Run the model on some columns; a slice of the whole catalogue costs no copy."""
        catalogue = self.catalogue
        return self.model.run(
            ModelInputs(
                history_embeddings=window.history_embeddings,
                history_weights=window.history_weights,
                history_age_days=window.history_age_days,
                candidate_embeddings=np.ascontiguousarray(catalogue.rows[:, columns]),
                candidate_scale=catalogue.scale[columns],
                candidate_bias=catalogue.bias[columns],
                explain_embeddings=catalogue.embeddings(columns if explain else _NO_COLUMNS),
            )
        )
