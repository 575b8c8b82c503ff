"""Metadata of a title that stay on the server: no box gets them.

A box needs name, genres and year; an embedding for a title that nobody has watched yet is made
from everything there is. :func:`bags` is the one form in which training sees it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edgeagent.messages import Title

__all__ = ["NOTHING_KNOWN", "Metadata", "bags", "topic_words"]

_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Of one title; whatever a catalogue leaves out is empty."""

    people: tuple[str, ...] = ()
    """Cast, directors, writers: names as written."""
    keywords: tuple[str, ...] = ()
    series: str = ""
    """What the series of an episode is called; its id is ``Title.series_id``."""
    description: str = ""


NOTHING_KNOWN = Metadata()


def topic_words(titles: Iterable[Title], metadata: Mapping[str, Metadata]) -> set[str]:
    """Return the words that say what titles are about: genres and keywords."""
    words = {word for title in titles for word in title.genres}
    return words | {word for each in metadata.values() for word in each.keywords}


def bags(title: Title, metadata: Metadata = NOTHING_KNOWN) -> dict[str, tuple[str, ...]]:
    """Return the distinct tokens of each field, in order of mention, folded to lower case.

    Fields: kind, genre, decade, series, franchise, word (of the name), person, keyword, about (the
    words of the description). A field about which nothing is said has no tokens.

    >>> bags(Title(entity_id="a", title="Low Tide", genres=("Drama",)))["word"]
    ('low', 'tide')
    """
    decade = () if title.year is None else (f"{title.year // 10 * 10}",)
    series = (title.series_id or metadata.series,)
    return {
        "kind": (title.kind,),
        "genre": _distinct(title.genres),
        "decade": decade,
        "series": _distinct(series),
        "franchise": _distinct((title.franchise or "",)),
        "word": _distinct(_WORD.findall(title.title)),
        "person": _distinct(metadata.people),
        "keyword": _distinct(metadata.keywords),
        "about": _distinct(_WORD.findall(metadata.description)),
    }


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    folded = (" ".join(text.casefold().split()) for text in texts)
    return tuple(dict.fromkeys(text for text in folded if text))
