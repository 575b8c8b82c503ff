"""Findings about what protects children: age limits, ratings to hold them against, and the lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from edgeagent.errors import NoModel
from edgeagent.messages import Title
from edgeagent.messages.fields import MAX_AGE_RATING, UNKNOWN_AGE
from edgeagent.promotion.limits import KID_AGE_RATING
from edgeagent.services.audience import max_age_rating
from edgeagent.services.household.profile_lock import FREE_TRIES, LockState
from edgeagent.services.upkeep.findings import Finding
from edgeagent.store import Profile

__all__ = ["ages_found", "lock_found"]


def ages_found(
    profiles: Sequence[Profile] | None, titles: Callable[[], Iterable[Title]], *, teens: int
) -> Finding:
    """Return which profiles have an age limit, and whether titles have ratings to compare with.

    Args:
        profiles: of the household; none where the history does not open.
        titles: yields those of the active catalogue; called only where there is a limit.
        teens: the limit for teens, of the settings.

    """
    if profiles is None:
        message = "not known: they are kept in the history, which does not open"
        return Finding(name="age limits", status="ok", message=message)
    limits = _limits(profiles, teens=teens)
    if not limits:
        return Finding(name="age limits", status="ok", message="no profile has one")
    held = ", ".join(f"{name}: rated {limit} or lower" for name, limit in limits.items())
    try:
        ratings = Counter(title.age_rating for title in titles())
    except NoModel:
        return Finding(name="age limits", status="ok", message=f"{held}; there are no titles yet")
    open_to_all = f"{ratings[0]:,} of {ratings.total():,} titles are rated 0 or not at all"
    if ratings[0] == ratings.total():
        return Finding(
            name="age limits",
            status="warning",
            message=f"{held}; {open_to_all}, so nothing is left out",
            hint="ask the maker of the catalogue for ratings; until then hide single titles: "
            "edgeagent title hide",
        )
    message = f"{held}; {open_to_all}"
    if ratings[UNKNOWN_AGE]:
        message += f", {ratings[UNKNOWN_AGE]:,} of unknown age are left out"
    return Finding(name="age limits", status="ok", message=message)


def lock_found(state: LockState, profiles: Sequence[Profile] | None, *, teens: int) -> Finding:
    """Return whether there is a profile lock, and whether there should be.

    Args:
        state: of the lock.
        profiles: of the household; none where the history does not open.
        teens: the limit for teens, of the settings.

    """
    if state.on and state.wrong_tries >= FREE_TRIES:
        return Finding(
            name="profile lock",
            status="warning",
            message=f"on; {state.wrong_tries} wrong PINs since the last right one",
            hint="a forgotten PIN goes with everything else: edgeagent erase --scope all",
        )
    if state.on:
        return Finding(name="profile lock", status="ok", message="on")
    if not _limits(profiles or (), teens=teens):
        return Finding(name="profile lock", status="ok", message="off")
    return Finding(
        name="profile lock",
        status="warning",
        message="off: an age limit can be lifted, and another profile chosen, without a PIN",
        hint="edgeagent profile lock --set",
    )


def _limits(profiles: Sequence[Profile], *, teens: int) -> dict[str, int]:
    """Return the highest rating of each profile that is not shown all."""
    limits = {
        profile.name: KID_AGE_RATING
        if profile.kind == "kid"
        else max_age_rating(profile, teens=teens)
        for profile in profiles
    }
    return {name: limit for name, limit in limits.items() if limit < MAX_AGE_RATING}
