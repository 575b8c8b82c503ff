"""A segment's name in English, as a programmer says it: "Romantic comedies of the 1990s"."""

from __future__ import annotations

from collections.abc import Sequence

from edgeagent.messages import SegmentLabel
from edgeagent.messages.manifest import BEFORE_1970

__all__ = ["english_name", "noun_first", "shortened"]

_MAX_LETTERS = 120
"""More than this no screen shows."""

_WORDS: dict[str, tuple[str, str, str]] = {
    # In this order the first of two is the noun, the other what kind of it.
    "comedy": ("comedies", "comedy", "comic"),
    "musical": ("musicals", "musical", "musical"),
    "western": ("westerns", "western", "western"),
    "documentary": ("documentaries", "documentary", "documentary"),
    "film-noir": ("films noirs", "film noir", "noir"),
    "thriller": ("thrillers", "thriller", "thriller"),
    "adventure": ("adventures", "adventure", "adventure"),
    "drama": ("dramas", "drama", "dramatic"),
    "romance": ("romances", "romance", "romantic"),
    "horror": ("horror films", "horror", "horror"),
    "mystery": ("mysteries", "mystery", "mystery"),
    "action": ("action films", "action", "action"),
    "fantasy": ("fantasy films", "fantasy", "fantasy"),
    "sci-fi": ("science fiction", "science-fiction", "science-fiction"),
    "crime": ("crime films", "crime", "crime"),
    "war": ("war films", "war", "war"),
    "children": ("family films", "family", "family"),
    "family": ("family films", "family", "family"),
    "animation": ("animated films", "animated", "animated"),
}
"""Plural, before "series", before another genre."""
_RANK = {genre: rank for rank, genre in enumerate(_WORDS)}


def noun_first(genres: Sequence[str]) -> tuple[str, ...]:
    """Return one or two genres as a label holds them: comedies are romantic, not romances comic.

    >>> noun_first(["Romance", "Comedy"])
    ('Comedy', 'Romance')
    """
    if any(genre.lower() not in _WORDS for genre in genres):
        return tuple(genres)
    return tuple(sorted(genres, key=lambda genre: _RANK[genre.lower()]))


def english_name(label: SegmentLabel) -> str:
    """Return what the fields of a label say; its own name is not looked at."""
    name = _spoken(label.genres, series=label.kind == "series")
    if label.era is not None:
        name += f" {label.era}" if label.era == BEFORE_1970 else f" of the {label.era}s"
    if label.theme is not None:
        name += f": {label.theme}"
    if label.titles:
        name += ", like " + " and ".join(f"“{title}”" for title in label.titles)
    ending = f" ({label.number})" if label.number > 1 else ""
    return shortened(name, _MAX_LETTERS - len(ending)) + ending


def shortened(text: str, letters: int) -> str:
    """Return a text that is no longer than so many letters."""
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


def _spoken(genres: Sequence[str], *, series: bool) -> str:
    """Return one or two genres as a phrase, of films or of series; of none what there is then."""
    if not genres:
        return "Series" if series else "Films"
    if any(genre.lower() not in _WORDS for genre in genres):
        named = " and ".join(genres)
        return f"{named} series" if series else named
    noun, *beside = (_WORDS[genre.lower()] for genre in genres)
    words = [adjective for _, _, adjective in beside]
    words += [noun[1], "series"] if series else [noun[0]]
    phrase = " ".join(words)
    return phrase[0].upper() + phrase[1:]
