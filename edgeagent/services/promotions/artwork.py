"""Artwork: which variant of each recommended title this household sees, as a file on this box.

A variant shows only where promos may use taste. Everybody else, a kid's profile, a private session
and every app see the standard artwork.
"""

from __future__ import annotations

from collections.abc import Callable

from edgeagent.consent import Grant, Purpose
from edgeagent.messages import Pick, Picks, SegmentLabel
from edgeagent.messages.creatives import Creative, CreativeCatalogue
from edgeagent.messages.title_variant import TitleVariant
from edgeagent.promotion.variants import is_variant, pick_variant
from edgeagent.services.context import BoxContext
from edgeagent.services.models.creatives import CreativeLibrary
from edgeagent.services.models.installation import InstallationStore

__all__ = ["Artwork"]


class Artwork:
    """Picks variants; nothing of it is kept or told."""

    def __init__(
        self, box: BoxContext, *, library: CreativeLibrary, installations: InstallationStore
    ) -> None:
        """Pick for the profiles of ``box``.

        Args:
            box: its consents and its seed.
            library: the creatives on it.
            installations: the model whose segments taste is expressed in.

        """
        self._box = box
        self._library = library
        self._installations = installations

    def of(
        self,
        picks: Picks,
        grant: Grant | None,
        *,
        catalogue: CreativeCatalogue,
        may_show: Callable[[Creative], bool],
    ) -> tuple[TitleVariant, ...]:
        """Return the variants for a list of picks; titles that are not named show the standard one.

        Args:
            picks: of the profile.
            grant: of ``promotion``; ``None``: no taste may be used.
            catalogue: of creatives.
            may_show: whether a creative may be shown here and now, whatever the taste.

        """
        current = self._installations.load().current
        if (
            grant is None
            or current is None
            or not self._box.gate.holds(Purpose.PERSONALIZATION, profile=grant.profile)
            or not catalogue.space_id == current.space_id == picks.space_id
            or len(picks.segment_probabilities) != len(current.segments)
        ):
            return ()
        variants = [each for each in catalogue.creatives if is_variant(each) and may_show(each)]
        listed = (*picks.continue_watching, *picks.picks)
        return tuple(
            TitleVariant(
                entity_id=pick.entity_id,
                kind="trailer" if creative.kind == "trailer" else "artwork",
                placement=creative.placement,
                crid=creative.crid,
                file=str(self._library.path(creative)),
                media_type=creative.asset.media_type,
            )
            for pick in listed
            if pick.own_segments
            for creative in self._of_title(
                pick,
                [each for each in variants if each.entity_id == pick.entity_id],
                labels=current.segments,
                taste=picks.segment_probabilities,
                profile=grant.profile,
            )
        )

    def _of_title(
        self,
        pick: Pick,
        variants: list[Creative],
        *,
        labels: tuple[SegmentLabel, ...],
        taste: tuple[float, ...],
        profile: str,
    ) -> list[Creative]:
        """Return at most one variant of each kind and form, whole on disk."""
        found = []
        for kind, form in dict.fromkeys((each.kind, each.placement) for each in variants):
            left = [each for each in variants if (each.kind, each.placement) == (kind, form)]
            chosen = pick_variant(
                left,
                pick.own_segments,
                labels=labels,
                taste=taste,
                seed=self._seed(pick.entity_id, kind, form, profile),
            )
            if chosen is not None and self._library.is_whole(chosen):
                found.append(chosen)
        return found

    def _seed(self, entity_id: str, kind: str, form: str, profile: str) -> str:
        """Return the seed of a title: derived, so that asking changes no state."""
        genesis = self._box.home.ledger.genesis
        return f"artwork {genesis.created_at} {genesis.phase} {entity_id} {kind} {form} {profile}"
