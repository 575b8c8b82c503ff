"""Reasons in words, for people. Plain Python: the resident process uses it too."""

from __future__ import annotations

from edgeagent.messages import Pick
from edgeagent.ranking.heaviest import heaviest

__all__ = ["words_for"]

_MOST_NAMED = 3
"""A sentence with more titles is too long to read."""


def words_for(pick: Pick) -> str:
    """Return one line that says what raised a title's score most."""
    if pick.drawn:
        return "Something different today: " + _cause(pick)
    if pick.progress_fraction is not None:
        return f"You are {pick.progress_fraction:.0%} through"
    return _cause(pick)


def _cause(pick: Pick) -> str:
    watched = heaviest(pick.reasons, most=_MOST_NAMED)
    if watched:
        return "Because you watched " + ", ".join(
            f"{reason.title} ({reason.share_fraction:.0%})" for reason in watched
        )
    kinds = {reason.kind for reason in pick.reasons if reason.contribution > 0}
    if kinds & {"together", "rest"}:
        return "Because of what you have watched, taken together"
    return "New" if "new" in kinds else "Popular"
