"""The tables beside this file.

genres.csv   the closed list, the sensitive topics of each, and its IAB Content Taxonomy 3.1 id
             (CTV genre mapping, CC BY 3.0, see NOTICE)
words.csv    words in en, de, fr, es, it, pt, nl, pl, sv and tr, one a row; ``*`` stands for more
             letters, ``=`` before a word means the whole text and nothing else
dvb.csv      content_nibble_level_1 and _2 of ETSI EN 300 468, table "Content_nibble level 1 and 2"
iab.csv      IAB Content Taxonomy 1.0, as OpenRTB's ``cat`` writes it

The words were written for this project; a topic belongs to a genre, never to a word, so that no
language protects less than another.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["FORMAT", "TOPICS", "Genre", "WordRow", "codes", "genres", "words"]

FORMAT = "format"
"""The genre of words that say what form a title has (film, series, live), not what it is about."""
TOPICS = ("religion", "politics", "origin", "sex", "health", "violence", "law")
"""Sensitive: segments about them are never categories of a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Genre:
    """One entry of the closed list."""

    label: str
    topics: frozenset[str]
    iab: str
    """Blank: none that would not misname it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordRow:
    """What one word means."""

    word: str
    genres: tuple[str, ...]


@cache
def genres() -> Mapping[str, Genre]:
    """Return the closed list."""
    return {
        row["genre"]: Genre(
            label=row["label"], topics=frozenset(row["topics"].split()), iab=row["iab"]
        )
        for row in _rows("genres.csv")
    }


@cache
def words() -> tuple[WordRow, ...]:
    """Return the words of all languages."""
    return tuple(
        WordRow(word=row["word"], genres=tuple(row["genre"].split())) for row in _rows("words.csv")
    )


@cache
def codes() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Return code, name and genres of DVB and IAB."""
    return tuple(
        (row["code"], row["name"], tuple(row["genres"].split()))
        for table in ("dvb.csv", "iab.csv")
        for row in _rows(table)
    )


def _rows(name: str) -> list[dict[str, str]]:
    table = files("model_export.topics").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(table.splitlines()))
