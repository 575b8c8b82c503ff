"""From a word to genres, whatever language it is in.

A sensitive word counts wherever it stands in a text. A harmless one does only if every other word
of the text is known, too: "Crime and something" is not known to be harmless.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache

from model_export.spelling import folded
from model_export.topics.tables import FORMAT, codes, genres, words

__all__ = ["genres_of", "most_telling", "sensitive_genres_of"]

_TOKENS = re.compile(r"[^\W_]+")
_BETWEEN = frozenset(
    {
        "and", "the", "of", "for", "a", "in", "on", "with", "und", "der", "die", "das", "von",
        "mit", "fur", "et", "de", "du", "des", "la", "le", "les", "l", "d", "y", "el", "los",
        "las", "del", "e", "il", "di", "da", "do", "dos", "i", "o", "dla", "en", "van", "het",
        "een", "voor", "och", "om", "ve", "ile", "s", "t", "amp", "general",
    }
)  # fmt: skip
"""Words between genres, which name none."""
_HEADS = (
    "dokumentation", "komodie", "sendung", "programm", "programma", "magazin", "thriller",
    "western", "drama", "serien", "serier", "serie", "series", "filme", "filmer", "films", "film",
    "krimi", "reihe", "doku", "show", "komedie", "komedi", "abenteuer",
)  # fmt: skip
"""What German, Dutch and Swedish put last into one word: Abenteuerfilm, misdaadserie."""
_HARMLESS = re.compile(
    r"\b(?:star wars|young adults?|junge erwachsene|jeunes? adultes?|jovenes adultos|jovens adultos"
    r"|giovani adulti|unga vuxna|genc yetiskin(?:ler)?|mlodzi dorosli)\b"
)
"""Phrases that hold a sensitive word and are about something else."""
_LONGEST = 4
"""Words of a phrase that is looked up as one."""
_LINKS = ("", "s", "n", "en", "es")
_CODE = re.compile(r"(0x[0-9a-f]{2}|iab\d+(?:-\d+)?)")


@lru_cache(maxsize=65_536)
def genres_of(text: str) -> tuple[str, ...] | None:
    """Return what a genre word means; ``None``: it is not known, empty: it says what form.

    >>> genres_of("Kriegsfilm"), genres_of("Comédie dramatique"), genres_of("0x73")
    (('war',), ('comedy', 'drama'), ('religion',))
    """
    spelt = _spelt(text)
    if (found := _exact().get(spelt)) is not None:
        return _named(found)
    if code := _CODE.fullmatch(folded(text).removeprefix("dvb:").replace("iab ", "iab")):
        found = _codes().get(code[1], _codes().get(code[1].partition("-")[0]))
        return None if found is None else _named(found)
    sensitive = sensitive_genres_of(text)
    known = list(_phrases(spelt.split()))
    if (not known or None in known) and not sensitive:
        return None
    return _named((*sensitive, *(genre for each in known for genre in each or ())))


@lru_cache(maxsize=65_536)
def sensitive_genres_of(text: str) -> tuple[str, ...]:
    """Return the sensitive genres of whose words any stands in a text."""
    spelt = _spelt(text)
    if (found := _exact().get(spelt)) is not None:
        return tuple(genre for genre in _named(found) if genres()[genre].topics)
    plain = _HARMLESS.sub("", spelt)
    return tuple(genre for genre, pattern in _patterns().items() if pattern.search(plain))


def most_telling(listed: Sequence[str], *, most: int) -> tuple[str, ...]:
    """Return so many genre words at most; of more the sensitive and the unknown ones go first."""
    if len(listed) <= most:
        return tuple(listed)
    harmless = {
        word for word in listed if genres_of(word) is not None and not sensitive_genres_of(word)
    }
    return tuple(sorted(listed, key=lambda word: word in harmless))[:most]


def _spelt(text: str) -> str:
    """Return the words of a text; of a URL the last part."""
    line = folded(text)
    if "://" in line:
        line = line.rstrip("/#").rpartition("/")[2].rpartition("#")[2]
    return " ".join(_TOKENS.findall(line))


def _named(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(genre for genre in found if genre != FORMAT))


def _phrases(tokens: list[str]) -> Iterator[tuple[str, ...] | None]:
    """Yield the genres of the longest phrases that a text is made of; ``None`` for an unknown."""
    at = 0
    while at < len(tokens):
        for end in range(min(len(tokens), at + _LONGEST), at, -1):
            found = _exact().get(" ".join(tokens[at:end]))
            if found is not None:
                yield found
                at = end
                break
        else:
            if tokens[at] not in _BETWEEN:
                yield _token(tokens[at])
            at += 1


def _token(token: str) -> tuple[str, ...] | None:
    if sensitive := sensitive_genres_of(token):
        return sensitive
    for head in _HEADS:
        stem = token.removesuffix(head)
        if stem == token or not stem:
            continue
        for link in _LINKS:
            found = _exact().get(stem.removesuffix(link))
            if found is not None:
                return (*found, *_exact().get(head, ()))
    return None


@cache
def _exact() -> Mapping[str, tuple[str, ...]]:
    """Return the genres of whole texts; where languages differ, those of all."""
    found: dict[str, tuple[str, ...]] = {}
    for row in words():
        if "*" not in row.word:
            spelt = _spelt(row.word)
            found[spelt] = (*found.get(spelt, ()), *row.genres)
    for _, name, meant in codes():
        found.setdefault(_spelt(name), meant)
    return found


@cache
def _codes() -> Mapping[str, tuple[str, ...]]:
    return {code.casefold(): meant for code, _, meant in codes()}


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    """Return for each sensitive genre a pattern of its words."""
    alternatives: dict[str, list[str]] = {}
    for row in words():
        if row.word.startswith("="):
            continue
        pattern = " ".join(r"\w*".join(map(_spelt, token.split("*"))) for token in row.word.split())
        for genre in row.genres:
            if genres()[genre].topics:
                alternatives.setdefault(genre, []).append(pattern)
    return {genre: re.compile(rf"\b(?:{'|'.join(each)})\b") for genre, each in alternatives.items()}
