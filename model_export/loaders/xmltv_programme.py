"""One ``<programme>`` of a guide as an entry of the catalogue."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from model_export.loaders import fields
from model_export.loaders.ages import AgeMention
from model_export.loaders.episodes import EpisodeNumber, episode_number, stated_number
from model_export.loaders.film_words import calls_film, calls_series, is_film_note
from model_export.loaders.identity import made_identity

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["READ", "programme_entry"]

READ = {
    "title", "sub-title", "desc", "credits", "date", "category", "keyword", "length", "rating",
    "episode-num",
}  # fmt: skip
"""The elements that are read; what else a guide holds is counted as ignored."""
_ID_SYSTEMS = ("dd_progid", "imdb.com", "themoviedb.org", "thetvdb.com")
_FIRST_SHOWN = "original-air-date"
_SERIES_ID = re.compile(r"(?:series|show|tv)/[^/]+|SH\d{6,}(?:\.\d+)?|EP\d{6,}\.0+", re.IGNORECASE)
"""A programme that is known by its series alone: Gracenote writes ``SH…`` for it, or ``.0000``."""
_FILM_ID = re.compile(r"(?:movie|film)/.+|MV\d{6,}(?:\.\d+)?", re.IGNORECASE)
_ID = re.compile(r"(?:series|show|tv|movie|film|title|episode)/.+|(?:SH|EP|MV|SP)\d{6,}(?:\.\d+)?"
                 r"|crid://.+", re.IGNORECASE)  # fmt: skip
_PART = re.compile(r"\de\d{1,6}([a-d])(?!\w)")
"""Of an episode that is shown in halves: ``S03E04a`` and ``S03E04b``."""
_ESCAPED = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});")
_SEPARATORS = re.compile(r"[,;|]")
_MINUTES = {"minutes": 1.0, "hours": 60.0, "seconds": 1 / 60}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numbering:
    """What the ``episode-num`` elements of a programme say together."""

    number: EpisodeNumber
    ids: tuple[str, ...]
    """Of the programme itself, the most trusted first."""
    untrusted: tuple[str, ...]
    """Those of them from other systems: one of several may be that of the series."""
    part: str
    """The letter of a part: ``a`` in ``S03E04a``."""
    series_id: str | None
    first_shown: str | None
    unread: str | None
    """A number that is in no known spelling."""


def programme_entry(programme: Element) -> dict[str, object]:
    """Return what a programme says, by the names of the builder's fields."""
    (name, *translated), subtitle = _names(programme), _text(programme, "sub-title")
    if subtitle is not None and name is not None and subtitle.casefold() == name.casefold():
        subtitle = None
    categories = _words(programme, "category")
    numbering = _numbering(programme)
    number = numbering.number
    is_film = number == EpisodeNumber() and not numbering.unread and _is_film(numbering, categories)
    if subtitle and not is_film and (stated := stated_number(subtitle)):
        number = number.filled_from(stated)
    kind = "film" if is_film else _kind(numbering, number, subtitle, categories)
    year = _text(programme, "date")
    if kind == "film" and subtitle is not None and is_film_note(subtitle):
        year = year or _year(subtitle) or None
        subtitle = None
    if kind == "film":
        apart = _year(year)
    elif number.episode is not None:
        apart = numbering.part
    else:
        apart = "" if subtitle else numbering.unread or numbering.first_shown or ""
    made = _made_identity(name, subtitle, number, apart)
    own = numbering.ids if kind != "series" else (*numbering.ids, *_maybe(numbering.series_id))
    item, *others = [*own, *_maybe(made), None]
    return {
        "item": item,
        "other_items": others,
        "item_is_made": item == made,
        "several_ids": numbering.untrusted if item in numbering.untrusted else (),
        "title": _titled([name], subtitle)[0],
        "other_names": translated if number.episode is not None else _titled(translated, subtitle),
        "kind": kind,
        "genres": categories,
        "year": year,
        "age_rating": _ages(programme),
        "run_minutes": _minutes(programme),
        "series": name if kind == "episode" else None,
        "series_id": numbering.series_id if kind == "episode" else None,
        "season": number.season,
        "episode": number.episode,
        "people": _people(programme),
        "keywords": _words(programme, "keyword"),
        "description": _text(programme, "desc"),
        "language": [found.get("lang") for found in programme.iterfind("title")][:1],
    }


def _kind(
    numbering: _Numbering, number: EpisodeNumber, subtitle: str | None, categories: list[str]
) -> str:
    """Return what a programme is that nothing calls a film."""
    if number != EpisodeNumber() or numbering.unread:
        return "episode"
    called = calls_series(categories) and not calls_film(categories)
    is_episode_id = any(each.upper().startswith(("EP", "EPISODE/")) for each in numbering.ids)
    is_named = subtitle and (called or not is_film_note(subtitle))
    if is_episode_id or is_named or numbering.first_shown:
        return "episode"
    return "series" if numbering.series_id or called else "film"


def _is_film(numbering: _Numbering, categories: list[str]) -> bool:
    """Whether it is called a film; a sub-title, even ``Part 2``, makes no episode of it then."""
    by_id = any(map(_FILM_ID.fullmatch, numbering.ids))
    return by_id or (calls_film(categories) and not calls_series(categories))


def _numbering(programme: Element) -> _Numbering:
    number = EpisodeNumber()
    trusted: dict[str, str] = {}
    untrusted: dict[str, None] = {}
    series_id = first_shown = unread = None
    part = ""
    for found in sorted(programme.iterfind("episode-num"), key=_is_for_people):
        system, text = found.get("system", "onscreen").casefold(), _all(found)
        if not text.strip(". "):  # ". ." says that there is no number
            continue
        if system == _FIRST_SHOWN:
            first_shown = text[:10]
        elif _SERIES_ID.fullmatch(text) or ("series" in system and _ID.fullmatch(text)):
            series_id = series_id or text
        elif system in _ID_SYSTEMS:
            trusted.setdefault(system, text)
        elif _ID.fullmatch(text):
            untrusted[text] = None
        elif said := episode_number(text, system):
            number = number.filled_from(said)
            part = part or _part(text)
        else:
            unread = unread or text
    known = (trusted.get(system) for system in _ID_SYSTEMS)
    return _Numbering(
        number=number,
        ids=tuple(each for each in (*known, *untrusted) if each),
        untrusted=tuple(untrusted),
        part=part,
        series_id=series_id,
        first_shown=first_shown,
        unread=unread,
    )


def _part(text: str) -> str:
    found = _PART.search(text.casefold())
    return found[1] if found else ""


def _is_for_people(element: Element) -> bool:
    return element.get("system", "").casefold() != "xmltv_ns"  # the defined form is read first


def _made_identity(
    name: str | None, subtitle: str | None, number: EpisodeNumber, apart: str
) -> str | None:
    """Return the name, and what tells it apart from others of that name."""
    if name is None:
        return None
    if number.episode is not None:
        season = "" if number.season is None else f"S{number.season:02d}"
        return made_identity(f"{name} {season}E{number.episode:02d}{apart}")
    if subtitle:
        name = f"{name}: {subtitle}"
    elif number.season is not None:
        name = f"{name} S{number.season:02d}"
    return made_identity(f"{name} ({apart})" if apart else name)


def _year(date: str | None) -> str:
    try:
        return str(fields.year(date) or "")
    except fields.Unreadable:
        return ""


def _maybe(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)


def _all(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _meant(element: Element) -> str:
    """Return an element's text; what a grabber escaped twice (``&amp;amp;``) is read as meant."""
    return _unescaped(_all(element))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: unescape(found[0]), text) if "&" in text else text


def _text(programme: Element, tag: str) -> str | None:
    """Return the first such text that is not blank; guides name the main language first."""
    return next(
        (text for each in programme.iterfind(tag) if (text := fields.text(_meant(each)))), None
    )


def _names(programme: Element) -> list[str | None]:
    """Return the name in each language, the main one first; without any, one that is none."""
    names = (fields.name(_meant(each)) for each in programme.iterfind("title"))
    return [name for name in names if name] or [None]


def _titled(names: list[str | None], subtitle: str | None) -> list[str | None]:
    return [f"{name}: {subtitle}" if name and subtitle else name for name in names]


def _words(programme: Element, tag: str) -> list[str]:
    """Return the words of all such elements; one element may list several."""
    found = (_SEPARATORS.split(_meant(each)) for each in programme.iterfind(tag))
    return [word for words in found for word in words]


def _people(programme: Element) -> list[str]:
    """Return names alone: a person may hold <image> and <url> as well."""
    return [_unescaped(_own_text(each)) for each in programme.iterfind("credits/*")]


def _own_text(element: Element) -> str:
    return " ".join([element.text or "", *(each.tail or "" for each in element)])


def _ages(programme: Element) -> list[AgeMention]:
    """Return all ratings; some grabbers write them without ``<value>``."""
    return [
        AgeMention(text=text, system=found.get("system", ""))
        for found in programme.iterfind("rating")
        for text in _rated(found)
    ]


def _rated(rating: Element) -> list[str]:
    """Return what a rating says; one that stands in a picture alone is said, but in no words."""
    texts = [_own_text(each).strip() for each in rating.findall("value") or [rating]]
    if any(texts):
        return texts
    return [rating.get("value", "" if rating.find("icon") is None else "a picture")]


def _minutes(programme: Element) -> object:
    """Return whole minutes, or what is written where that is no number."""
    found = programme.find("length")
    if found is None or (text := fields.text(_all(found))) is None:
        return None
    try:
        length = float(text.replace(",", "."))
    except ValueError:
        return text
    if not math.isfinite(length):
        return text
    return round(length * _MINUTES.get(found.get("units", "minutes").casefold(), 1.0)) or None
