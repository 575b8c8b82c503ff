"""From what is written about a title's audience to the age it is for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from model_export.loaders import fields

__all__ = ["AgeMention", "age_rating"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeMention:
    """One rating as a source writes it."""

    text: str
    system: str = ""
    """Whose rating it is (``MPAA``, ``FSK``), or the schema.org property it stands in; blank where
    nothing is said."""


def age_rating(mentions: Iterable[AgeMention]) -> int | None:
    """Return the strictest age of all mentions; ``None`` where there are none."""
    return max(
        (age for each in mentions if (age := fields.age(each.text)) is not None), default=None
    )
