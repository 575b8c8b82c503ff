"""Reasons in words, for people. Plain Python: the resident process uses it too."""

from __future__ import annotations

from collections.abc import Callable

from edgeagent.messages import Pick
from edgeagent.ranking.heaviest import heaviest

__all__ = ["words_for"]

_MOST_NAMED = 3
"""A sentence with more titles is too long to read."""
Say = Callable[..., str]
"""Fills the names in braces of an English text in, and may translate it before."""


def words_for(pick: Pick, *, say: Say = str.format) -> str:
    """Return one line that says what raised a title's score most."""
    if pick.drawn:
        return say("Something different today: {cause}", cause=_cause(pick, say))
    if pick.progress_fraction is not None:
        return say("You are {part:.0%} through", part=pick.progress_fraction)
    return _cause(pick, say)


def _cause(pick: Pick, say: Say) -> str:
    watched = heaviest(pick.reasons, most=_MOST_NAMED)
    if watched:
        named = (f"{reason.title} ({reason.share_fraction:.0%})" for reason in watched)
        return say("Because you watched {titles}", titles=", ".join(named))
    kinds = {reason.kind for reason in pick.reasons if reason.contribution > 0}
    if kinds & {"together", "rest"}:
        return say("Because of what you have watched, taken together")
    return say("New") if "new" in kinds else say("Popular")
