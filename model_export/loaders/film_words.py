"""Whether a guide's categories call a programme a film or a series."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

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
_YEAR = re.compile(r"(?<!\d)(?:18|19|20)\d\d(?!\d)")


def calls_film(categories: Iterable[str]) -> bool:
    """Whether one of the categories is a film's, in any of ten languages."""
    return any(_FILM.fullmatch(_plain(each)) for each in categories)


def calls_series(categories: Iterable[str]) -> bool:
    """Whether one of the categories is a series'."""
    return any(_SERIES.fullmatch(_plain(each)) for each in categories)


def is_film_note(subtitle: str) -> bool:
    """Whether a film's sub-title describes it and does not name it: ``Spielfilm, USA 1999``."""
    words = _plain(subtitle).strip(" :.-")
    return bool(_YEAR.search(words)) or bool(_FILM.fullmatch(words.split(",")[0].strip()))


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(each for each in apart if not unicodedata.combining(each)).split())
