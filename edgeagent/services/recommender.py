"""Rank the catalogue for a profile, with reasons; the history never leaves this box."""

from __future__ import annotations

from edgeagent.clock import Clock
from edgeagent.consent import Purpose
from edgeagent.errors import UnknownEntity
from edgeagent.messages import Pick, Picks, RankRequest
from edgeagent.scoring.protocol import Scorer
from edgeagent.services.consent_gate import ConsentGate
from edgeagent.services.installation import InstallationStore
from edgeagent.services.private_session import PrivateSession
from edgeagent.store import HistoryStore

__all__ = ["Recommender"]


class Recommender:
    """Picks titles and explains them."""

    def __init__(
        self,
        history: HistoryStore,
        *,
        gate: ConsentGate,
        installations: InstallationStore,
        scorer: Scorer,
        private: PrivateSession,
        clock: Clock,
    ) -> None:
        """Score windows of ``history`` with the active model."""
        self._history = history
        self._gate = gate
        self._installations = installations
        self._scorer = scorer
        self._private = private
        self._clock = clock

    def recommend(self, *, profile: str, limit: int, max_age_rating: int = 21) -> Picks:
        """Return the best ``limit`` titles for a profile and remember them as its last picks.

        During a private session they are not remembered: nothing is written.

        Raises:
            ConsentRequired: ``personalization`` is not granted.
            NoModel: nothing has been downloaded yet.
            ModelError: the model cannot be run.

        """
        grant = self._gate.grant(Purpose.PERSONALIZATION, profile=profile)
        picks = self._scorer.rank(self._request(profile, limit, max_age_rating))
        if self._private.ends_at() is None:
            self._history.save_picks(picks, grant, made_at=self._clock.now())
        return picks

    def explain(self, entity_id: str, *, profile: str) -> Pick:
        """Return one title's score for a profile and the parts that add up to it.

        Raises:
            UnknownEntity: the catalogue does not hold it, or the profile has hidden it.
            ConsentRequired, NoModel, ModelError: as for :meth:`recommend`.

        """
        self._gate.grant(Purpose.PERSONALIZATION, profile=profile)
        answer = self._scorer.rank(self._request(profile, 1, 21, explain=entity_id))
        if not answer.picks:
            raise UnknownEntity(
                f"entity {entity_id!r} is not in the catalogue, or hidden by this profile",
                hint="take an id from 'edgeagent recommend'",
            )
        return answer.picks[0]

    def _request(
        self, profile: str, limit: int, max_age_rating: int, explain: str | None = None
    ) -> RankRequest:
        manifest = self._installations.manifest()
        marks = self._history.marks(profile)
        return RankRequest(
            files=self._installations.files(manifest.model, manifest.catalogue),
            now=self._clock.now(),
            history=self._history.window(profile),
            hidden=marks.hidden,
            not_reasons=marks.not_reasons,
            max_age_rating=max_age_rating,
            limit=limit,
            explain=explain,
        )
