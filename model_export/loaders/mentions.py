"""What entries say of one item, and whether two of them may speak of one title."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["TELLING", "Mentions", "difference", "is_film"]

TELLING = ("kind", "season", "episode")
"""Two entries that differ in one of these are two titles, and so are films of different years."""


@dataclass(slots=True, kw_only=True)
class Mentions:
    """All that the entries of one item say."""

    name: str
    place: str
    facts: dict[str, Any] = field(default_factory=dict)
    by_name: bool = False
    """Whether its id is made of its name: two films may share one."""
    other_names: dict[str, None] = field(default_factory=dict)
    """In other languages, in order of mention."""
    ids: frozenset[str] = frozenset()
    """All that a guide gives it, where it gives several without saying which one is its own."""
    lists: dict[str, dict[Any, None]] = field(default_factory=dict)
    """Each as the keys of a dict: ordered, and in linear time, however often a title is met."""


def difference(one: Mentions, other: Mentions) -> str:
    """Return in what two entries of one id are different titles; blank: they may be one."""
    if not _same_name(one.name, other.name):
        return "the title"
    for name in (*TELLING, "year") if is_film(one) else TELLING:
        if _contradict(one, other, name):
            return f"the {name}"
    shared = len(one.ids & other.ids)
    if shared == 1 < min(len(one.ids), len(other.ids)) and _contradict(one, other, "description"):
        return "the description"
    return ""


def _contradict(one: Mentions, other: Mentions, fact: str) -> bool:
    said, again = one.facts.get(fact), other.facts.get(fact)
    return said is not None and again is not None and said != again


def is_film(said: Mentions) -> bool:
    """Whether an item is a film, as it is where nothing is said."""
    return said.facts.get("kind") in (None, "film")


def _same_name(one: str, other: str) -> bool:
    """Whether one adds a note to the other: ``Low Tide`` and ``LOW TIDE (4K)``, ``Tides: Ebb``."""
    short, long = sorted((one.casefold(), other.casefold()), key=len)
    added = long.removeprefix(short).lstrip()
    return long.startswith(short) and not added[:1].isalnum()
