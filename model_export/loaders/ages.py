"""From what is written about a title's audience to the lowest age it is for.

Of several mentions the strictest counts. What cannot be read is never "for everybody": beside a
readable mention it changes nothing, alone it makes the age unknown, which boxes keep from profiles
of children and teens.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from edgeagent.messages.fields import UNKNOWN_AGE
from model_export.spelling import folded
from model_export.topics.lookup import genres_of

__all__ = ["AgeMention", "age_rating"]

_ADULT = 18
"""Readable ages end here: of age almost everywhere, and above it stands only what is unknown."""
_OLDEST = 21
_A_LEVEL = 2
"""A bare number up to here is a step of some scale rather than an age."""
_MOST_NAMES = 8
"""Before a rating: ``TV Parental Guidelines rating: US:TV-14`` has six."""
_MOST_DIGITS, _NO_ONES_AGE = 4, 9999
"""Python refuses to read numbers of thousands of digits."""
_NOT_SAID = {"", "-", "nan", "null", "none", "n/a", "\\n"}
_SCORE_SYSTEMS = {
    "imdb", "tmdb", "themoviedb", "tvdb", "thetvdb", "star", "stars", "score", "scores", "votes",
    "user", "users", "rotten", "tomatometer", "metacritic", "allocine", "filmaffinity", "filmweb",
    "csfd", "kinopoisk", "letterboxd", "trakt", "senscritique", "moviepilot", "tvspielfilm",
}  # fmt: skip
"""What gives scores: a number of theirs says nothing of an age, unless it is one that no scale of
theirs has, 11 to 21. Codes (``TV-14``) are read from them, too."""
_SYSTEMS = {
    "acb": "acb", "oflc": "acb", "austral": "acb", "esrb": "esrb", "rtc": "rtc", "mexico": "rtc",
    "icaa": "icaa", "spain": "icaa", "espana": "icaa", "classind": "classind", "djctq": "classind",
    "brazil": "classind", "brasil": "classind", "ofrb": "ofrb", "ontario": "ofrb",
    "canad": "canada", "chvrs": "canada", "ital": "italia", "norge": "norge", "norway": "norge",
    "medietilsyn": "norge", "danmark": "danmark", "denmark": "danmark", "suomi": "suomi",
    "finland": "suomi", "kavi": "suomi", "csa": "csa", "arcom": "csa",
}  # fmt: skip
"""Rating systems by a part of their name, where a code means another age there than elsewhere."""
_COUNTRIES = {
    "au": "acb",
    "br": "classind",
    "ca": "canada",
    "dk": "danmark",
    "es": "icaa",
    "fi": "suomi",
    "it": "italia",
    "mx": "rtc",
    "no": "norge",
}
"""Systems by country code."""
_OTHER_COUNTRIES = frozenset(
    {
        "ar", "at", "be", "bg", "ch", "cl", "co", "cz", "de", "ee", "fr", "gb", "gr", "hk", "hr",
        "hu", "id", "ie", "il", "in", "is", "jp", "kr", "lt", "lu", "lv", "my", "nl", "nz", "pe",
        "ph", "pl", "pt", "ro", "rs", "ru", "se", "sg", "si", "sk", "th", "tr", "tw", "uk", "us",
        "za",
    }
)  # fmt: skip
"""Whose codes mean the same without a system. Media centres write them before a rating: ``DE-16``,
``BR:L``. Codes that are ratings of their own are none: MA, NC, NR, PG, TV, UA."""
_COUNTRY = re.compile(r"([a-z]{2})\s*[:/-]\s*(\S.*)")
_SYSTEM_NAMES, _BESIDE = "age_systems.txt", "age_beside.txt"
_PARTS = re.compile(r"[,;|()\[\]]|\s[-/]\s|:\s|\sfor\s.*")
_PLAIN = re.compile(r"\b(?:tv[- ]?(?:ma|14|pg|y7)|pg[- ]?13|nc[- ]?17|rated [rx])\b")
"""Codes that mean one thing wherever they stand, among words that nobody knows, too."""
_TOKENS = re.compile(r"\d+|[^\W\d_]+")
_RANGE = re.compile(r"(?P<low>\d{1,4})\s*-\s*\d*\s*(?:years?|jahre|ans|anos|anni|jaar|lat|ar|yas)?")
_DESCRIPTORS = re.compile(r"[dflnsv]{1,6}")
"""Letters for dialogue, fantasy violence, language, nudity, sex and violence: TV-14-DLSV."""
_AGES_IN_WORDS = {
    "siete": "7", "doce": "12", "dieciseis": "16", "dieciocho": "18",
    "dez": "10", "doze": "12", "catorze": "14", "quatorze": "14", "dezesseis": "16",
    "dezasseis": "16", "dezoito": "18",
}  # fmt: skip
"""The official phrases of ICAA and ClassInd spell them out."""
_LAW = re.compile(r"§\s*\d+")
_NO_AGE = re.compile(r"\d\s*[/:]\s*\d|\d[.,]\d*[1-9]|\b[2348][dk]\b|\bs\d+\s*e\d+")
"""Scores, versions, picture formats and episodes."""
_SCORED = re.compile(
    r"(?:\d|10|2[2-9]|[3-9]\d|100)(?:[.,]\d+)?(?: ?stars?)?|\d+(?:[.,]\d+)? ?(?:%|[/:] ?\d+)|\*+"
)
_SCORE = re.compile(r"\d{1,2},\d")
"""``7,4`` is a score where a comma is decimal; split into parts it would be ages."""
_GENRE_AGE = re.compile(r"(?!0x)(?=.*\d)(?:.*[^\W\d_]{2}|.*\+).*")
"""A genre word that may be an age: a number with a word or a plus; ``0x14`` is a code, ``U21`` a
team."""
_WHOLE = re.compile(r"(\d)[.,]0+(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeMention:
    """One rating as a source writes it."""

    text: str
    system: str = ""
    """Whose rating it is (``MPAA``, ``FSK``), or the schema.org property it stands in; blank where
    nothing is said."""


def age_rating(mentions: Iterable[AgeMention], genres: Iterable[str] = ()) -> int | None:
    """Return the strictest age of all mentions, and of genre words that are one (``FSK 16``).

    ``None`` where nothing is said, ``UNKNOWN_AGE`` where something is said and nothing of it can be
    read. What no mention rates and a genre calls adult is for adults.
    """
    said = [mention for mention in mentions if _says(mention)]
    read = [age for mention in said if (age := _read(mention)) is not None]
    for word in genres:
        meant = genres_of(word)
        if meant is None and (age := _genre_age(word)) is not None:
            read.append(age)
        elif not said and "adult" in (meant or ()):
            read.append(_ADULT)
    if read:
        return max(read)
    return UNKNOWN_AGE if said else None


def _says(mention: AgeMention) -> bool:
    line, system = folded(mention.text), _TOKENS.findall(folded(mention.system))
    is_score = not _SCORE_SYSTEMS.isdisjoint(system) and _SCORED.fullmatch(line)
    return line not in _NOT_SAID and not is_score


def _read(mention: AgeMention) -> int | None:
    """Return the age of one mention; of a text in several parts the strictest that is readable."""
    line = _WHOLE.sub(r"\1", _LAW.sub("", folded(mention.text)))
    if _SCORE.fullmatch(line):
        return None
    system = folded(mention.system)
    found = _COUNTRY.fullmatch(line)
    if found and (found[1] in _COUNTRIES or found[1] in _OTHER_COUNTRIES):
        system, line = f"{system} {_COUNTRIES.get(found[1], found[1])}", found[2]
    parts = (line, *_PARTS.split(line), *_PLAIN.findall(line))
    return max(
        (age for part in parts if (age := _read_part(part, system)) is not None), default=None
    )


@lru_cache(maxsize=65_536)
def _genre_age(word: str) -> int | None:
    return _read(AgeMention(text=word)) if _GENRE_AGE.fullmatch(folded(word)) else None


def _read_part(part: str, system: str) -> int | None:
    tokens = [_AGES_IN_WORDS.get(token, token) for token in _TOKENS.findall(part)]
    whose = _system(f"{system} {part}")
    for written in _shorter(tokens):
        for name in (whose, ""):
            if (age := _words().get((written, name))) is not None:
                return age
    return _number(part, tokens, system)


def _shorter(tokens: list[str]) -> Iterator[str]:
    """Yield a text as it is looked up: all of it, then without the names before a rating.

    Nothing else is taken away: "not suitable for all" is not "all".
    """
    yield "".join(tokens)
    for begin, name in enumerate(tokens[:_MOST_NAMES], start=1):
        if begin == len(tokens) or name not in _plain_words(_SYSTEM_NAMES):
            return
        yield "".join(tokens[begin:])


def _number(part: str, tokens: list[str], system: str) -> int | None:
    """Return the age that stands in a text as a number, if nothing else is said in it."""
    if found := _RANGE.fullmatch(part.strip()):
        low = int(found["low"])
        return min(low, _ADULT) if low <= _OLDEST else None
    digits = [token for token in tokens if token.isdecimal()]
    numbers = [int(token) if len(token) <= _MOST_DIGITS else _NO_ONES_AGE for token in digits]
    words = [each for each in tokens if not each.isdecimal() and not _DESCRIPTORS.fullmatch(each)]
    if not numbers or max(numbers) > _OLDEST or _NO_AGE.search(part):
        return None
    if not _plain_words(_BESIDE) | _plain_words(_SYSTEM_NAMES) >= set(words):
        return None
    bare = not words and "+" not in part and not system
    if bare and 0 < max(numbers) <= _A_LEVEL:
        return None
    return min(max(numbers), _ADULT)


def _system(text: str) -> str:
    return next((name for alias, name in _SYSTEMS.items() if alias in text), "")


def _table(name: str) -> list[str]:
    return files("model_export.loaders").joinpath(name).read_text(encoding="utf-8").splitlines()


@cache
def _plain_words(name: str) -> frozenset[str]:
    lines = (line for line in _table(name) if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())


@cache
def _words() -> Mapping[tuple[str, str], int]:
    """Return ages by what is written, letters and digits alone, and by system."""
    return {
        ("".join(_TOKENS.findall(folded(row["written"]))), row["system"]): int(row["age"])
        for row in csv.DictReader(_table("age_words.csv"))
    }
