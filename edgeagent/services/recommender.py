"""Rank the catalogue for a profile, with reasons; the history never leaves this box."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

import msgspec

from edgeagent.clock import DAY_SECONDS
from edgeagent.config import Config
from edgeagent.consent import Grant, Purpose
from edgeagent.errors import ConsentRequired, ModelError, UnknownEntity
from edgeagent.lazy_modules import on_use
from edgeagent.messages import ModelFiles, Pick, Picks, RankRequest
from edgeagent.messages.fields import MAIN_PROFILE
from edgeagent.messages.title_variant import TitleVariant
from edgeagent.scoring.protocol import Scorer
from edgeagent.services.audience import max_age_rating
from edgeagent.services.context import BoxContext
from edgeagent.services.models.failover import Failover
from edgeagent.services.models.installation import InstallationStore
from edgeagent.store import SavedPicks

if not TYPE_CHECKING:  # read by linters, which follow both ways, as imports
    tailored = on_use("edgeagent.services.models.tailored_titles")
else:
    from edgeagent.services.models import tailored_titles as tailored

__all__ = ["FRESH_SECONDS", "Ranking", "Recommender", "TailorArtwork"]

FRESH_SECONDS = DAY_SECONDS
"""How long stored picks are served without ranking: a day, since the catalogue comes daily."""
_LOOKED_BACK = 5000
"""Latest viewings that are excluded from picks as watched: more than ten a day for a year. The
latest 500 of them carry weight."""
_NO_FILES = ModelFiles(
    model_path="", model_sha256="0" * 64, catalogue_path="", catalogue_sha256="0" * 64
)


class TailorArtwork(Protocol):
    """Picks variants of artwork for the titles of a list."""

    def __call__(self, picks: Picks, *, profile: str) -> tuple[TitleVariant, ...]:
        """Return the variants that a profile sees."""
        ...


class Ranking(Picks, frozen=True, kw_only=True):
    """Picks as the command line, the API and the dashboard show them."""

    profile: str
    made_at: int
    """Seconds UTC."""
    cached: bool
    """Whether these are stored picks, without titles that were watched or ended since."""
    artwork: tuple[TitleVariant, ...] = ()
    """Of listed titles; a title that is not named shows its standard artwork. Never stored."""


class Recommender:
    """Picks titles and explains them, even if a model fails."""

    def __init__(
        self,
        box: BoxContext,
        *,
        installations: InstallationStore,
        scorer: Scorer,
        config: Config,
        artwork: TailorArtwork,
    ) -> None:
        """Score windows of the history of ``box`` with the active model.

        Args:
            box: its stores, its consents; during a private session nothing is written.
            installations: what is installed.
            scorer: runs models.
            config: the box's packages and the age limit for teens.
            artwork: picks variants for titles that have some.

        """
        self._box = box
        self._installations = installations
        self._trust = Failover(installations, clock=box.clock)
        self._scorer = scorer
        self._config = config
        self._artwork = artwork

    def recommend(
        self, *, profile: str, limit: int, cached: bool = False, why_segments: bool = False
    ) -> Ranking:
        """Return the best ``limit`` titles for a profile and store them as its last picks.

        During a private session they are not stored.

        Args:
            profile: whose.
            limit: how many.
            cached: return the stored picks if they are at most a day old, without titles that were
                watched or ended since; if that leaves less than half of ``limit``, rank again.
            why_segments: also explain each segment of the mix.

        Raises:
            ConsentRequired: ``personalization`` is not granted, or the profile is a kid's.
            NoModel: nothing has been downloaded yet.
            ModelError: neither a model nor a catalogue can be used, and no picks are stored.

        """
        grant = self._grant(profile)
        request = self._request(profile, limit)
        if cached:
            stored = self._stored(request, profile, oldest=request.now - FRESH_SECONDS)
            if stored is not None and len(stored.picks) * 2 >= limit:
                return stored
        try:
            picks = self._rank(msgspec.structs.replace(request, why_segments=why_segments))
        except ModelError:
            stored = self._stored(request, profile, oldest=0)
            if stored is None:
                raise
            return stored
        made_at = self._box.clock.now()
        if not self._keep(picks, grant, request, made_at=made_at):
            # These picks may depend on something that was deleted, hidden or withdrawn meanwhile.
            return self.recommend(profile=profile, limit=limit, why_segments=why_segments)
        return self._ranking(picks, profile=profile, made_at=made_at, cached=False)

    def last_picks(self, *, profile: str, limit: int) -> Ranking | None:
        """Return the stored picks without titles watched or ended since; never ranks.

        ``None`` where there are none, or they were made for another age limit or other packages.

        Raises:
            ConsentRequired: ``personalization`` is not granted, or the profile is a kid's.

        """
        self._grant(profile)
        return self._stored(self._request(profile, limit), profile, oldest=0)

    def limits(self, profile: str) -> tuple[int, tuple[str, ...]]:
        """Return the age limit and the packages for which a profile's lists are made now.

        Raises:
            ConsentRequired: ``personalization`` is not granted, or the profile is a kid's.

        """
        self._grant(profile)
        request = self._request(profile, 1)
        return request.max_age_rating, request.entitlements

    def explain(self, entity_id: str, *, profile: str) -> Pick:
        """Return one title's score for a profile and the parts that add up to it.

        Raises:
            UnknownEntity: not in the catalogue, hidden, or not available to this profile.
            ConsentRequired, NoModel, ModelError: as for :meth:`recommend`.

        """
        self._grant(profile)
        answer = self._rank(self._request(profile, 1, explain=entity_id))
        if not answer.picks:
            raise UnknownEntity(
                f"entity {entity_id!r} is not in the catalogue, or not for this profile",
                hint="take an id from 'edgeagent recommend'; hidden titles, titles for older "
                "people and those of other packages are not explained",
            )
        return answer.picks[0]

    def _grant(self, profile: str) -> Grant:
        """Return the grant to score; for profiles that can never consent, say that instead."""
        try:
            return self._box.gate.grant(Purpose.PERSONALIZATION, profile=profile)
        except ConsentRequired:
            if profile != MAIN_PROFILE:  # main is an adult's: no history need be created to know
                self._box.audience.require(profile, self._box.home.history.profile_kind(profile))
            raise

    def _keep(self, picks: Picks, grant: Grant, request: RankRequest, *, made_at: int) -> bool:
        """Store the last picks; return False if data they depend on was deleted meanwhile."""

        def still() -> bool:
            now = self._request(grant.profile, request.limit)
            return (
                self._box.gate.last_deletion() == grant.after
                and (now.hidden, now.not_reasons) == (request.hidden, request.not_reasons)
                # A deletion recorded before the grant may have been carried out since.
                and (
                    request.history == now.history
                    or request.history.moments() <= now.history.moments()
                )
            )

        if self._is_private:
            return still()
        return self._box.home.history.save_picks(picks, grant, made_at=made_at, still=still)

    def _rank(self, request: RankRequest) -> Picks:
        """Return the picks of the first attempt that works.

        Raises:
            ModelError: none works; it is the error of the first attempt.

        """
        errors: list[ModelError] = []
        request = msgspec.structs.replace(
            request, own_segments_of=tailored.tailored_titles(self._box.home)
        )
        for attempt in self._trust.attempts():
            manifest = attempt.manifest
            files = self._installations.files(manifest.model, manifest.catalogue)
            try:
                picks = self._scorer.rank(
                    msgspec.structs.replace(request, files=files, popular=attempt.popular)
                )
            except ModelError as error:
                errors.append(error)
                if not self._is_private:
                    self._trust.failed(attempt, error)
                continue
            if not self._is_private:
                self._trust.worked(attempt)
            return picks
        raise errors[0]

    def _stored(self, request: RankRequest, profile: str, *, oldest: int) -> Ranking | None:
        """Return the stored picks that can still be shown."""
        history = self._box.home.history
        if history.holds_expired(profile):
            return None  # they may cite viewings past their retention
        saved = history.last_picks(profile)
        if saved is None or not oldest <= saved.made_at <= request.now:
            return None
        picks = saved.picks
        made_for = (picks.max_age_rating, picks.entitlements)
        if made_for != (request.max_age_rating, request.entitlements):
            return None
        gone = self._watched_since(saved, profile, request.now)

        def still_shown(listed: tuple[Pick, ...]) -> tuple[Pick, ...]:
            return tuple(
                pick
                for pick in listed
                if pick.entity_id not in gone
                and (pick.available_until is None or pick.available_until > request.now)
            )[: request.limit]

        left = msgspec.structs.replace(
            picks,
            picks=still_shown(picks.picks),
            continue_watching=still_shown(picks.continue_watching),
        )
        return self._ranking(left, profile=profile, made_at=saved.made_at, cached=True)

    def _watched_since(self, saved: SavedPicks, profile: str, now: int) -> set[str]:
        # From the next second on: viewings of the same second were probably part of the input.
        viewings = self._box.home.history.between(
            profile, saved.made_at + 1, now + 1, include_imported=True
        )
        return {viewing.entity_id for viewing in viewings}

    def _request(self, profile: str, limit: int, *, explain: str | None = None) -> RankRequest:
        history = self._box.home.history
        marks, whose = history.marks(profile), history.profile(profile)
        self._box.audience.require(profile, whose.kind)
        return RankRequest(
            files=_NO_FILES,
            now=self._box.clock.now(),
            history=history.packed_window(
                profile, limit=_LOOKED_BACK, teens=self._box.audience.teens_count
            ),
            hidden=marks.hidden,
            not_reasons=marks.not_reasons,
            max_age_rating=max_age_rating(whose, teens=self._config.teen_max_age_rating),
            entitlements=self._config.entitlements,
            limit=limit,
            explain=explain,
            exploration_seed=self._seed_of_today(profile),
        )

    def _seed_of_today(self, profile: str) -> int:
        """Return the seed of today's exploration: a function of box, profile and UTC day alone.

        It is derived, not drawn and stored: asking for picks must change no state.
        """
        genesis, today = self._box.home.ledger.genesis, self._box.clock.now() // DAY_SECONDS
        text = f"explore {genesis.created_at} {genesis.phase} {today} {profile}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 2

    def _ranking(self, picks: Picks, *, profile: str, made_at: int, cached: bool) -> Ranking:
        """Return picks with artwork; where no title has variants, nothing more is loaded."""
        has_variants = any(pick.own_segments for pick in (*picks.picks, *picks.continue_watching))
        return Ranking(
            profile=profile,
            made_at=made_at,
            cached=cached,
            artwork=self._artwork(picks, profile=profile) if has_variants else (),
            **msgspec.structs.asdict(picks),
        )

    @property
    def _is_private(self) -> bool:
        return self._box.private.ends_at() is not None
