"""Genres as a programmer says them: "Romantic comedies", not "Comedy and Romance"."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["spoken_genres"]

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


def spoken_genres(genres: Sequence[str], *, series: bool = False) -> str:
    """Return one or two genres as a phrase, of films or of series; of none what there is then.

    >>> spoken_genres(["Romance", "Comedy"])
    'Romantic comedies'
    >>> spoken_genres(["Crime"], series=True)
    'Crime series'
    """
    known = sorted((g for g in genres if g.lower() in _WORDS), key=lambda g: _RANK[g.lower()])
    if len(known) < len(genres):
        named = " and ".join(genres)
        return f"{named} series" if series else named
    if not known:
        return "Series" if series else "Films"
    noun, *beside = (_WORDS[genre.lower()] for genre in known)
    words = [adjective for _, _, adjective in reversed(beside)]
    words += [noun[1], "series"] if series else [noun[0]]
    phrase = " ".join(words)
    return phrase[0].upper() + phrase[1:]
