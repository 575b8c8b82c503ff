"""Engine: a catalogue and its model; turns viewings into answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import ModelRefused
from edgeagent.features.catalogue import CatalogueView
from edgeagent.features.window import (
    Watched,
    Window,
    history_window,
    padded,
    session_window,
    watched_of,
    window_of,
)
from edgeagent.messages import (
    ModelClaims,
    Pick,
    Picks,
    RankRequest,
    SegmentAnswer,
    SegmentCause,
    SegmentRequest,
    SplitAnswer,
    SplitRequest,
    Title,
    TrialAnswer,
    TrialRequest,
    Viewing,
)
from edgeagent.ranking.candidates import Access, CandidateIndex
from edgeagent.ranking.choice import Choice, choose
from edgeagent.ranking.heaviest import heaviest
from edgeagent.ranking.reasons import (
    NAMED_IN_RANKING,
    Kind,
    bias_kind,
    merge_repeats,
    reasons_of,
)
from edgeagent.ranking.trial import gain, hold_out
from edgeagent.scoring.causes import TRIED_TITLES, segment_causes
from edgeagent.scoring.heads import Head, ModelHead, PopularityHead
from edgeagent.scoring.session import OnnxModel
from edgeagent.segments.categories import argmax_segment
from edgeagent.sessions import session_start, split_sessions

__all__ = ["Engine"]


class Engine:
    """Answers requests about one catalogue; keeps no household data between them."""

    def __init__(self, model: OnnxModel | None, catalogue: CatalogueView) -> None:
        """Join a model and a catalogue; without a model titles are ranked by popularity.

        Raises:
            ModelRefused: they have different spaces or dimensions.

        """
        if model is not None:
            _require_one_space(model, catalogue)
        self.model = model
        self.catalogue = catalogue
        self._head: Head = (
            PopularityHead(catalogue) if model is None else ModelHead(model, catalogue)
        )
        self._candidates = CandidateIndex.of(catalogue.titles)

    def rank(self, request: RankRequest) -> Picks:
        """Rank the catalogue, or explain one title; see :class:`~.protocol.Scorer`."""
        hidden = self._candidates.series.with_episodes(request.hidden)
        # Hidden titles are removed before anything uses the history, so that no result, not even
        # which titles count as watched, depends on these viewings.
        watched = watched_of(request.history, self.catalogue, left_out=hidden)
        window = self._window(watched, request, hidden)
        scored = self._head.score(window)
        access = Access(
            now=request.now,
            hidden=self._columns(hidden),
            max_age_rating=request.max_age_rating,
            entitlements=request.entitlements,
        )
        if request.explain is not None:
            asked = self._columns({request.explain})
            choice = Choice.of(asked[self._candidates.permitted(access)[asked]])
        else:
            choice = choose(
                self._candidates.offer(watched, access),
                scored,
                self.catalogue,
                self._candidates,
                kind_of=self._head.kind_of,
                limit=request.limit,
                exploration_seed=request.exploration_seed,
            )
        named = NAMED_IN_RANKING if request.explain is None else None
        picks = self._explained(
            window, choice, named=named, tailored=frozenset(request.own_segments_of)
        )
        mix = scored.segment_probabilities[: None if scored.known_by else 0]
        return Picks(
            picks=picks[: len(choice.new)],
            continue_watching=picks[len(choice.new) :],
            segment_probabilities=tuple(mix.tolist()),
            segment_causes=self._causes(window, mix, picks) if request.why_segments else (),
            score_spread=float(np.ptp(scored.scores)),
            ranked_by=self._head.ranked_by,
            max_age_rating=request.max_age_rating,
            entitlements=request.entitlements,
            space_id=None if self.model is None else self.catalogue.space_id,
        )

    def split(self, request: SplitRequest) -> SplitAnswer:
        """Split viewings into sessions; see :class:`~.protocol.Scorer`."""
        return SplitAnswer(
            sessions=tuple(
                session
                for viewings in request.profiles
                for session in split_sessions(viewings, self._title)
            )
        )

    def segment(self, request: SegmentRequest) -> SegmentAnswer:
        """Assign a segment to each session; see :class:`~.protocol.Scorer`."""
        return SegmentAnswer(
            segments=tuple(map(self._segment, request.sessions)),
            started_on=tuple(session_start(each, self._title) for each in request.sessions),
        )

    def segment_probabilities(self, window: Window) -> NDArray[np.float32]:
        """Return [S] the model's segment probabilities for a window; they sum to 1."""
        return self._head.segments(window)

    def scores(
        self, history: Sequence[Viewing], *, now: int, left_out: Collection[str] = frozenset()
    ) -> NDArray[np.float32]:
        """Return [N] the score of every title for a history, unfiltered, for evaluations."""
        window = history_window(history, self.catalogue, now=now, left_out=left_out)
        return self._head.score(window).scores

    def trial(self, request: TrialRequest) -> TrialAnswer:
        """Predict the latest titles of some histories; see :class:`~.protocol.Scorer`."""
        gains: list[float | None] = []
        for held_out in filter(None, map(hold_out, request.profiles)):
            scores = self.scores(held_out.before, now=held_out.now)
            scores[self._columns({viewing.entity_id for viewing in held_out.before})] = -np.inf
            for column in map(self.catalogue.index.get, held_out.targets):
                rank = None if column is None else 1 + int((scores > scores[column]).sum())
                gains.append(None if rank is None else gain(rank))
        return TrialAnswer(gains=tuple(gains))

    def check_claims(self, claims: ModelClaims) -> None:
        """Compare the model with its manifest.

        Raises:
            ModelRefused: they differ; the message names the field.

        """
        if self.model is not None:
            self.model.check_claims(claims)

    def check_golden(self, data: bytes) -> None:
        """Run the golden vectors of a model.

        Raises:
            ModelRefused: an output differs, or the data are not golden vectors.

        """
        from edgeagent.scoring.golden import check_golden  # noqa: PLC0415  (archives: once a model)

        if self.model is not None:
            check_golden(self.model, data)

    def _window(self, watched: Watched, request: RankRequest, hidden: frozenset[str]) -> Window:
        """Return the window of what carries weight: watched titles without excluded ones."""
        if request.not_reasons:
            no_reasons = self._candidates.series.with_episodes(request.not_reasons)
            watched = watched_of(request.history, self.catalogue, left_out=no_reasons | hidden)
        return window_of(watched, self.catalogue, now=request.now)

    def _segment(self, session: Sequence[Viewing]) -> int | None:
        """Run the model even for an empty session: the work must not depend on its content."""
        window = session_window(session, self.catalogue)
        segment = argmax_segment(self.segment_probabilities(padded(window)).tolist())
        return segment if len(window) else None

    def _explained(
        self, window: Window, choice: Choice, *, named: int | None, tailored: frozenset[str]
    ) -> tuple[Pick, ...]:
        """Return the picks, the new ones first; those with variants with their own segments."""
        columns = np.concatenate((choice.new, choice.begun))
        explained = self._head.explain(window, columns)
        watched, merged = merge_repeats(
            window.columns, explained.contributions, ids=self._candidates.ids
        )
        titles = [self.catalogue.titles[column] for column in columns.tolist()]
        reasons = reasons_of(
            self.catalogue.titles,
            watched,
            merged,
            named=named,
            nameless=self._nameless(columns, titles, explained.together),
        )
        picks = []
        for column, title, score, why in zip(
            columns.tolist(), titles, explained.scores.tolist(), reasons, strict=True
        ):
            picks.append(
                Pick(
                    entity_id=title.entity_id,
                    title=title.title,
                    kind=title.kind,
                    year=title.year,
                    genres=title.genres,
                    score=score,
                    reasons=why,
                    progress_fraction=choice.progress.get(column),
                    available_until=title.available_until,
                    drawn=column in choice.drawn,
                    own_segments=self._head.own_segments(column)
                    if title.entity_id in tailored
                    else (),
                )
            )
        return tuple(picks)

    def _causes(
        self, window: Window, mix: NDArray[np.float32], picks: Sequence[Pick]
    ) -> tuple[SegmentCause, ...]:
        """Return why the mix has its largest segments: the titles that weigh most are tried."""
        if not len(mix):
            return ()
        tried = heaviest(chain.from_iterable(pick.reasons for pick in picks), most=TRIED_TITLES)
        return segment_causes(
            window,
            mix,
            tried=self._columns({str(reason.entity_id) for reason in tried}),
            titles=self.catalogue.titles,
            mix_of=self._head.segments,
        )

    def _nameless(
        self,
        columns: NDArray[np.intp],
        titles: Sequence[Title],
        together: NDArray[np.float64] | None,
    ) -> list[list[tuple[Kind, float]]]:
        """Return the parts of each score without a watched title, see :func:`reasons_of`."""
        issued_at = self.catalogue.issued_at
        nameless: list[list[tuple[Kind, float]]] = [
            [(bias_kind(title, issued_at=issued_at), bias)]
            for title, bias in zip(titles, self.catalogue.bias[columns].tolist(), strict=True)
        ]
        if together is not None:
            for parts, joint in zip(nameless, together.tolist(), strict=True):
                parts.append(("together", joint))
        return nameless

    def _title(self, entity_id: str) -> Title | None:
        column = self.catalogue.index.get(entity_id)
        return None if column is None else self.catalogue.titles[column]

    def _columns(self, entity_ids: Collection[str]) -> NDArray[np.intp]:
        index = self.catalogue.index
        return np.array(sorted(index[e] for e in entity_ids if e in index), dtype=np.intp)


def _require_one_space(model: OnnxModel, catalogue: CatalogueView) -> None:
    facts = model.facts
    if facts.space_id != catalogue.space_id:
        raise ModelRefused(
            f"model of space {facts.space_id}, catalogue of space {catalogue.space_id}",
            hint="publish a model and a catalogue of the same training; the present ones stay",
        )
    if facts.d != catalogue.dimension:
        raise ModelRefused(
            f"model of {facts.d} dimensions, catalogue of {catalogue.dimension}",
            hint="publish a model and a catalogue of the same training; the present ones stay",
        )
