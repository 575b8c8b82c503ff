"""Promotions, ``agent.promotions``: choose for a place, note what was shown, say why, hide.

Consent decides how much is used. With ``promotion`` (and ``personalization``) an answer uses the
segments of the last picks, and what was shown is logged. Without, on a kid's profile, in a private
session, and always for an app, an answer is a function of the context alone, of which what is on
the screen may be part.
"""

from __future__ import annotations

from pathlib import Path

from edgeagent.config import Config
from edgeagent.consent import Grant
from edgeagent.errors import InputError, UnknownEntity
from edgeagent.messages import Picks
from edgeagent.messages.codec import checked_text
from edgeagent.messages.creative_names import PartyName, PlacementName
from edgeagent.messages.creatives import Creative, CreativeCatalogue
from edgeagent.messages.title_variant import TitleVariant
from edgeagent.promotion.caps import Room
from edgeagent.promotion.choice import Drawn, EligibleCreative, draw
from edgeagent.promotion.context import NOTHING_KNOWN, OnScreen
from edgeagent.promotion.eligibility import Hidden, Ineligible, Situation, daypart_of, why_not
from edgeagent.promotion.limits import MOST_AT_ONCE, PERIOD_SECONDS
from edgeagent.promotion.showing import Showing
from edgeagent.promotion.variants import is_variant
from edgeagent.services.audience import max_age_rating
from edgeagent.services.context import BoxContext
from edgeagent.services.models.creatives import CreativeLibrary, CreativesStore
from edgeagent.services.models.installation import InstallationStore
from edgeagent.services.models.title_index import TitleIndex
from edgeagent.services.promotions.answers import (
    ChosenCreative,
    CreativeReason,
    ListedCreative,
)
from edgeagent.services.promotions.artwork import Artwork
from edgeagent.services.promotions.showing_counts import ShowingCounts
from edgeagent.services.promotions.taste import Leaning, Taste, read_context, read_taste
from edgeagent.store import CreativeMark, MarkedCreative
from edgeagent.store.home_files import MODELS_DIRECTORY

__all__ = ["ChosenCreative", "CreativeReason", "ListedCreative", "Promotions"]

_NAME_CHARACTERS = "a-z, 0-9, and after the first also - and _"


class Promotions:
    """Chooses among the creatives on the box."""

    def __init__(
        self,
        box: BoxContext,
        *,
        installations: InstallationStore,
        titles: TitleIndex,
        config: Config,
    ) -> None:
        """Choose for the profiles of ``box``.

        Args:
            box: its stores, its consents, its private sessions.
            installations: the model whose segments taste is expressed in.
            titles: what is on the screen.
            config: language, and the age limit for teens.

        """
        self._box = box
        self._library = CreativeLibrary(
            CreativesStore(box.home.ledger), box.home.directory / MODELS_DIRECTORY
        )
        self._installations = installations
        self._titles = titles
        self._config = config
        self._counts = ShowingCounts(box)
        self._artwork = Artwork(box, library=self._library, installations=installations)
        self._altered: set[str] = set()
        """Files that are not what was signed; looked at again when the service starts."""

    def choose(
        self,
        placement: str,
        *,
        number: int = 1,
        profile: str,
        app: str | None = None,
        on_screen: OnScreen = NOTHING_KNOWN,
    ) -> tuple[ChosenCreative, ...]:
        """Return the creatives for a placement; fewer, or none, if no more may be shown.

        Args:
            placement: where; a name of the catalogue's.
            number: how many places there are, at most ``MOST_AT_ONCE``.
            profile: for whom.
            app: which app asks, if it is not a manager: it gets the answer without taste.
            on_screen: what is on; only used where no taste may be.

        Raises:
            InputError: there is no such profile, or the number or placement is none.

        """
        checked_text(
            placement, PlacementName, name="placement", allowed=f"{_NAME_CHARACTERS}; 32 at most"
        )
        if not 1 <= number <= MOST_AT_ONCE:
            raise InputError(
                f"{number} creatives at once", hint=f"ask for 1 to {MOST_AT_ONCE} of them"
            )
        catalogue = self._library.catalogue()
        kind = self._box.home.history.profile_kind(profile)
        if catalogue is None:
            return ()
        here = self._situation(placement, profile, catalogue)
        showings, taste = self._past(profile, kind, app, catalogue)
        leaning = taste or read_context(on_screen, self._installations, self._titles, catalogue)
        return self._drawn(
            catalogue, here, number, showings=showings, leaning=leaning, who="" if app else profile
        )

    def artwork(self, picks: Picks, *, profile: str) -> tuple[TitleVariant, ...]:
        """Return the variants that recommended titles show; all others show their standard artwork.

        Raises:
            InputError: there is no such profile.

        """
        kind = self._box.home.history.profile_kind(profile)
        catalogue = self._library.catalogue()
        if catalogue is None:
            return ()
        room = Room((), (), now=self._counts.instant())  # variants have no caps

        def may_show(creative: Creative) -> bool:
            return self._why_not(creative, profile, catalogue, room) is None

        grant = self._grant(profile, kind)
        return self._artwork.of(picks, grant, catalogue=catalogue, may_show=may_show)

    def shown(self, crid: str, *, profile: str, app: str | None = None) -> None:
        """Note that a creative was really on the screen; from then on it counts for its caps.

        Raises:
            UnknownEntity: the catalogue has no such creative.
            InputError: there is no such profile, or it is artwork of a title.

        """
        creative, _ = self._find(crid)
        if is_variant(creative):
            raise InputError(
                f"{crid!r} is {creative.kind} of a title, which is not counted",
                hint="confirm promos and ads only",
            )
        kind = self._box.home.history.profile_kind(profile)
        showing = Showing(
            crid=creative.crid,
            advertiser=creative.advertiser,
            cat=creative.cat,
            placement=creative.placement,
            shown=self._counts.instant(),
        )
        if app is not None:
            self._counts.remember(showing, f"app {app}")
        elif (private := self._counts.private_name()) is not None:
            self._counts.remember(showing, private)
        elif (grant := self._grant(profile, kind)) is not None:
            self._counts.log(showing, grant)
        else:
            self._counts.remember(showing, f"profile {profile}")

    def why(self, crid: str, *, profile: str) -> CreativeReason:
        """Return what speaks for a creative, for a profile.

        Raises:
            UnknownEntity: the catalogue has no such creative.
            InputError: there is no such profile.

        """
        creative, catalogue = self._find(crid)
        kind = self._box.home.history.profile_kind(profile)
        showings, taste = self._past(profile, kind, None, catalogue)
        room = Room(showings, catalogue.cap_rules, now=self._counts.instant())
        segments = () if taste is None else taste.matched(creative)
        return CreativeReason(
            creative=creative,
            factor=_factor(creative, taste),
            segments=segments,
            titles=taste.titles() if taste is not None and segments else (),
            why_not=self._why_not(creative, profile, catalogue, room),
        )

    def listed(self, *, profile: str) -> tuple[ListedCreative, ...]:
        """Return the whole catalogue, as it stands for a profile.

        Raises:
            InputError: there is no such profile.

        """
        kind = self._box.home.history.profile_kind(profile)
        catalogue = self._library.catalogue()
        if catalogue is None:
            return ()
        showings, _ = self._past(profile, kind, None, catalogue)
        room = Room(showings, catalogue.cap_rules, now=self._counts.instant())
        return tuple(
            ListedCreative(
                creative=creative,
                why_not=self._why_not(creative, profile, catalogue, room),
                shown=len(own),
                last_shown_at=max(own, default=None),
            )
            for creative in catalogue.creatives
            for own in ([each.shown.at for each in showings if each.crid == creative.crid],)
        )

    def file_of(self, crid: str) -> Path:
        """Return the path of a creative's file on this box.

        Raises:
            UnknownEntity: the catalogue has no such creative, or its file is not here.

        """
        creative, _ = self._find(crid)
        if not self._is_here(creative) or not self._library.is_whole(creative):
            raise UnknownEntity(
                f"the file of creative {crid!r} is not on this box yet",
                hint="choose again: a creative is chosen once its file is here",
            )
        return self._library.path(creative)

    def log(self, *, profile: str) -> tuple[Showing, ...]:
        """Return what was shown to a profile, oldest first; empty without ``promotion``."""
        grant = self._grant(profile, self._box.home.history.profile_kind(profile))
        return () if grant is None else self._counts.logged(grant)

    def hide(self, what: CreativeMark, name: str, *, profile: str) -> None:
        """Never show a creative, an advertiser or a category to a profile again.

        Raises:
            UnknownEntity: the catalogue has nothing of that name.
            InputError: there is no such profile.

        """
        checked_text(name, PartyName, name=what, allowed=f"{_NAME_CHARACTERS}; 64 at most")
        catalogue = self._library.catalogue()
        known = () if catalogue is None else catalogue.creatives
        if name not in {_name_of(creative, what) for creative in known}:
            raise UnknownEntity(
                f"the catalogue has no {what} {name!r}", hint="edgeagent promo list shows the names"
            )
        self._box.home.history.showings.hide(
            profile, what, name, at=self._box.clock.now(), after=self._box.gate.last_deletion()
        )

    def unhide(self, what: CreativeMark, name: str, *, profile: str) -> bool:
        """Undo hiding; return whether it was hidden."""
        self._box.home.history.profile_kind(profile)
        return self._box.home.history.showings.unhide(profile, what, name)

    def hidden(self, *, profile: str) -> tuple[MarkedCreative, ...]:
        """Return what a profile does not want to see."""
        self._box.home.history.profile_kind(profile)
        return self._box.home.history.showings.hidden(profile)

    def rest(self) -> None:
        """Store what waits, and free the catalogue's memory until the next choice."""
        self._counts.flush()
        self._library.release()

    def _find(self, crid: str) -> tuple[Creative, CreativeCatalogue]:
        catalogue = self._library.catalogue()
        for creative in () if catalogue is None else catalogue.creatives:
            if catalogue is not None and creative.crid == crid:
                return creative, catalogue
        raise UnknownEntity(
            f"there is no creative {crid!r} on this box",
            hint="edgeagent promo list shows those that are",
        )

    def _grant(self, profile: str, kind: str) -> Grant | None:
        """Return the grant to use taste and to log; never for those whose viewings never count."""
        return self._counts.grant(profile) if self._box.audience.counts(kind) else None

    def _past(
        self, profile: str, kind: str, app: str | None, catalogue: CreativeCatalogue
    ) -> tuple[tuple[Showing, ...], Taste | None]:
        """Return what caps are counted from, and the taste, if one may be used."""
        if app is not None:
            return self._counts.remembered(f"app {app}"), None
        if (private := self._counts.private_name()) is not None:
            return self._counts.remembered(private), None
        grant = self._grant(profile, kind)
        if grant is None:
            return self._counts.remembered(f"profile {profile}"), None
        taste = read_taste(self._box, self._installations, grant, catalogue)
        return self._counts.logged(grant), taste

    def _why_not(
        self, creative: Creative, profile: str, catalogue: CreativeCatalogue, room: Room
    ) -> Ineligible | None:
        """Return why a creative is not shown now, in its own placement."""
        here = self._situation(creative.placement, profile, catalogue)
        return why_not(creative, here, is_here=self._is_here, room=room)

    def _situation(self, placement: str, profile: str, catalogue: CreativeCatalogue) -> Situation:
        now, marks = self._box.clock.now(), self._box.home.history.showings.hidden(profile)
        whose = self._box.home.history.profile(profile)
        return Situation(
            placement=placement,
            now=now,
            daypart=daypart_of(now, utc_offset_minutes=catalogue.utc_offset_minutes),
            language=self._config.language,
            max_age_rating=max_age_rating(whose, teens=self._config.teen_max_age_rating),
            for_kid=whose.kind == "kid",
            hidden=Hidden(
                creatives=frozenset(mark.name for mark in marks if mark.kind == "creative"),
                advertisers=frozenset(mark.name for mark in marks if mark.kind == "advertiser"),
                categories=frozenset(mark.name for mark in marks if mark.kind == "category"),
            ),
        )

    def _drawn(
        self,
        catalogue: CreativeCatalogue,
        here: Situation,
        number: int,
        *,
        showings: tuple[Showing, ...],
        leaning: Leaning | None,
        who: str,
    ) -> tuple[ChosenCreative, ...]:
        """Draw; again without a file that turns out to have changed on disk."""
        seconds = here.now + 60 * catalogue.utc_offset_minutes
        while True:
            room = Room(showings, catalogue.cap_rules, now=self._counts.instant())
            answer = draw(
                [
                    EligibleCreative(creative=creative, taste=_factor(creative, leaning))
                    for creative in catalogue.creatives
                    if not is_variant(creative)
                    and why_not(creative, here, is_here=self._is_here, room=room) is None
                ],
                number=number,
                seed=self._seed(here.placement, seconds // PERIOD_SECONDS, who),
                may_follow=room.has,
                take=room.take,
            )
            altered = {
                item.creative.asset.sha256
                for item in answer
                if not self._library.is_whole(item.creative)
            }
            if not altered:
                until = here.now + PERIOD_SECONDS - seconds % PERIOD_SECONDS
                return tuple(self._chosen(item, leaning, until=until) for item in answer)
            self._altered |= altered

    def _chosen(self, item: Drawn, leaning: Leaning | None, *, until: int) -> ChosenCreative:
        return ChosenCreative(
            creative=item.creative,
            by="chance" if leaning is None or item.by == "chance" else leaning.by,
            file=self._library.path(item.creative),
            until=until,
        )

    def _is_here(self, creative: Creative) -> bool:
        return creative.asset.sha256 not in self._altered and self._library.has(creative)

    def _seed(self, placement: str, period: int, who: str) -> str:
        """Return the seed of an answer: derived, so that asking changes no state."""
        genesis = self._box.home.ledger.genesis
        return f"promo {genesis.created_at} {genesis.phase} {period} {placement} {who}"


def _factor(creative: Creative, leaning: Leaning | None) -> float:
    return 1.0 if leaning is None else leaning.factor(creative)


def _name_of(creative: Creative, what: CreativeMark) -> str:
    names = {"creative": creative.crid, "advertiser": creative.advertiser, "category": creative.cat}
    return names[what]
