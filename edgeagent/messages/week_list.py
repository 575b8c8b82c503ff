"""WeekList: the titles of a week, what they have in common, and why they were chosen.

A box keeps it beside the history; it never leaves.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from edgeagent.messages.codec import KeptMessage, Message
from edgeagent.messages.scoring import Pick, Reason

__all__ = ["WeekList", "WeekTheme"]


class WeekTheme(Message, frozen=True, kw_only=True):
    """What all titles of a list are."""

    kind: Literal["films", "series"]
    """Films or series."""
    genres: Annotated[tuple[str, ...], Meta(min_length=1, max_length=2)]
    """In the words of the catalogue; the second qualifies the first."""

    @property
    def english(self) -> str:
        """The theme in English words."""
        return f"{' '.join(reversed(self.genres))} {self.kind}".lower()


class WeekList(KeptMessage, frozen=True, kw_only=True):
    """The list of one week."""

    theme: WeekTheme | None
    """``None``: they have nothing in common but the reasons."""
    segment: int | None
    """The segment that the theme is taken from, so that the next week has another."""
    reasons: tuple[Reason, ...]
    """The watched titles that raised these the most; at least one."""
    picks: tuple[Pick, ...]
    """Best first."""
    max_age_rating: int
    """For which age limit it was made; with another it is not shown."""
    entitlements: tuple[str, ...]
    """For which packages it was made; with others it is not shown."""
