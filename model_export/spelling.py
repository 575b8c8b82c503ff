"""One spelling for words that are written in several: how tables of words are looked up."""

from __future__ import annotations

import unicodedata

__all__ = ["folded"]

_SINGLE = str.maketrans(
    {"\u0131": "i", "ł": "l", "ø": "o", "đ": "d", "_": " "}
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys("\u2018\u2019\u00b4`", "'")
)
"""Letters that no Unicode decomposition takes apart, and the many hyphens and apostrophes."""


def folded(text: str) -> str:
    """Return a text in lower case, without accents, hyphens written alike, white space collapsed.

    >>> folded("  Komödie – FÜR  Alle")
    'komodie - fur alle'
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(letters.translate(_SINGLE).split())
