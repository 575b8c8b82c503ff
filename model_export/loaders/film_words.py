"""Whether a guide's categories call a programme a film or a series."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

__all__ = ["calls_film", "calls_series", "is_film_note"]

_FILM = re.compile(
    r"(?:\w+[ -])?(?:movies?|cine(?:ma)?|sinema|peliculas?|telefilm|telefilme|lungometraggio)"
    r"|(?:[\w-]+ )*[\w-]*films?(?:e)?(?: [\w-]+)?"
)
"""``Spielfilm``, ``TV movie``, ``film fabularny``, ``Cinéma``. Not ``Movie / Drama``: as a DVB
descriptor that is any drama."""
_SERIES = re.compile(
    r"(?:[\w-]+ )*[\w-]*(?:series?|serien|serier|seriale?|feuilletons?|telenovelas?|novelas?"
    r"|soaps?|sitcoms?|dizi|seriado)"
    r"|tv ?shows?|shows?"
)
_YEAR = re.compile(r"(?:18|19|20)\d\d")
_WORD = re.compile(r"\w+")
_LONGEST_CODE = 3


def calls_film(categories: Iterable[str]) -> bool:
    """Whether one of the categories is a film's, in any of ten languages."""
    return any(_FILM.fullmatch(_plain(each)) for each in categories)


def calls_series(categories: Iterable[str]) -> bool:
    """Whether one of the categories is a series'."""
    return any(_SERIES.fullmatch(_plain(each)) for each in categories)


def is_film_note(subtitle: str) -> bool:
    """Whether a film's sub-title describes it and does not name it.

    ``Spielfilm``, ``Krimi, D/F 2003`` and a year alone do; ``Winter 1947`` is a name.
    """
    words = _plain(subtitle).strip(" :.-")
    if _FILM.fullmatch(words.split(",")[0].strip()):
        return True
    *before, year = _WORD.findall(subtitle) or [""]
    if not _YEAR.fullmatch(year):
        return False
    if not before:
        return True
    is_code = before[-1].isupper() and len(before[-1]) <= _LONGEST_CODE
    return is_code or _plain(before[-1]) in _countries()


@cache
def _countries() -> frozenset[str]:
    lines = files("model_export.loaders").joinpath("film_countries.txt").read_text("utf-8")
    return frozenset(
        word for line in lines.splitlines() if not line.startswith("#") for word in line.split()
    )


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(each for each in apart if not unicodedata.combining(each)).split())
