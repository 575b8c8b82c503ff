"""The list of the week: made once, the same for seven days, beside the picks of the day.

It is made when it is first asked for, and ends early where it would show what may not be shown any
more: after any act of deletion, when consent is withdrawn, when a title that it gives as its reason
is too old to be kept or no reason any more, and when the age limit or the packages change.
"""

from __future__ import annotations

import msgspec

from edgeagent.clock import WEEK_SECONDS
from edgeagent.consent import Grant, Purpose
from edgeagent.messages import Pick
from edgeagent.messages.week_list import WeekList
from edgeagent.ranking.week import choose_week
from edgeagent.services.context import BoxContext
from edgeagent.services.models.installation import InstallationStore
from edgeagent.services.recommender import Recommender
from edgeagent.store import SavedWeek

__all__ = ["Week", "WeekLists"]

_LOOKED_AT = 100
"""Picks of which a theme is looked for: further down nothing fits the profile."""
_LOOKED_BACK = 5000
"""Viewings among which its reasons are dated: as many as a ranking takes into account."""


class Week(WeekList, frozen=True, kw_only=True):
    """A list of the week as the command line, the API and the dashboard show it."""

    profile: str
    made_at: int
    """Seconds UTC."""
    ends_at: int
    """When the next one may be made, seconds UTC."""
    name: str
    """In English."""
    watched: tuple[str, ...]
    """Those of its titles that were watched since."""


class WeekLists:
    """Makes and keeps the lists."""

    def __init__(
        self, box: BoxContext, *, recommender: Recommender, installations: InstallationStore
    ) -> None:
        """Keep lists in the history of ``box``, chosen from what ``recommender`` ranks."""
        self._box = box
        self._recommender = recommender
        self._installations = installations

    def list_for(self, profile: str) -> Week | None:
        """Return the list of a profile's week; make it if there is none.

        ``None``: there is none and none is made, because a private session is on, the box does not
        know the time, or nothing was watched that it could be based on.

        Raises:
            ConsentRequired: ``personalization`` is not granted, or the profile is a kid's.
            NoModel, ModelError: as ``Recommender.recommend``.

        """
        limits = self._recommender.limits(profile)
        saved = self._box.home.history.weeks.read(profile)
        if saved is not None and self._lasts(saved, profile, limits):
            return self._shown(saved, profile)
        if self._box.private.ends_at() is not None or self._box.clock.is_behind():
            return None
        grant = self._box.gate.grant(Purpose.PERSONALIZATION, profile=profile)
        made = self._make(profile, but_segment=None if saved is None else saved.week.segment)
        if made is None:
            return None
        if not self._save(made, grant):
            return self.list_for(profile)  # it may depend on what was deleted meanwhile
        return self._shown(made, profile)

    def _lasts(self, saved: SavedWeek, profile: str, limits: tuple[int, tuple[str, ...]]) -> bool:
        history, week = self._box.home.history, saved.week
        return (
            self._is_this_week(saved.made_at)
            and saved.after_seq >= self._box.gate.last_deletion()
            and saved.oldest_cause >= self._box.home.shown.since()
            and limits == (week.max_age_rating, week.entitlements)
            and not _causes(week) & {*history.marks(profile).not_reasons}
            and not _causes(week) & {*history.marks(profile).hidden}
        )

    def _is_this_week(self, made_at: int) -> bool:
        """Return whether a list of that moment is still this week's.

        A box that boots without the time knows only that it is later than what was proven: it keeps
        the list until it knows. A clock that was set back makes a new one, so that none lasts
        longer than a week.
        """
        if self._box.clock.is_behind():
            return True
        return 0 <= self._box.clock.now() - made_at < WEEK_SECONDS

    def _make(self, profile: str, *, but_segment: int | None) -> SavedWeek | None:
        after = self._box.gate.last_deletion()
        ranking = self._recommender.recommend(profile=profile, limit=_LOOKED_AT)
        current = self._installations.load().current
        labels = () if current is None else current.segments
        week = choose_week(ranking, labels, but_segment=but_segment)
        if week is None:
            return None
        window = self._box.home.history.window(
            profile, limit=_LOOKED_BACK, teens=self._box.audience.teens_count
        )
        # The window is in order of time, so that each title keeps the date of its last viewing.
        watched_on = {viewing.entity_id: viewing.watched_on for viewing in window}
        return SavedWeek(
            week=week,
            made_at=ranking.made_at,
            oldest_cause=min(watched_on.get(entity_id, 0) for entity_id in _causes(week)),
            after_seq=after,
        )

    def _save(self, made: SavedWeek, grant: Grant) -> bool:
        def still() -> bool:
            marks = self._box.home.history.marks(grant.profile)
            shown = _causes(made.week) | {pick.entity_id for pick in made.week.picks}
            return (
                self._box.gate.last_deletion() == made.after_seq
                and self._box.gate.holds(Purpose.PERSONALIZATION, profile=grant.profile)
                and not shown & {*marks.hidden, *marks.not_reasons}
            )

        return self._box.home.history.weeks.save(made, grant, still=still)

    def _shown(self, saved: SavedWeek, profile: str) -> Week:
        """Return a list without titles that are hidden or not offered any more."""
        history, week, now = self._box.home.history, saved.week, self._box.clock.now()
        hidden = {*history.marks(profile).hidden}

        def is_shown(pick: Pick) -> bool:
            offered = pick.available_until is None or pick.available_until > now
            return offered and pick.entity_id not in hidden

        picks = tuple(filter(is_shown, week.picks))
        seen = {
            viewing.entity_id
            for viewing in history.between(
                profile,
                saved.made_at,
                now + 1,
                include_imported=True,
                teens=self._box.audience.teens_count,
            )
        }
        fields = msgspec.structs.asdict(week) | {"picks": picks}
        return Week(
            profile=profile,
            made_at=saved.made_at,
            ends_at=saved.made_at + WEEK_SECONDS,
            name="Your week" if week.theme is None else f"Your week: {week.theme.english}",
            watched=tuple(pick.entity_id for pick in picks if pick.entity_id in seen),
            **fields,
        )


def _causes(week: WeekList) -> set[str]:
    return {reason.entity_id for reason in week.reasons if reason.entity_id is not None}
