"""XMLTV guides: each programme is a title, however often it is broadcast.

An item is named by the first of these that a programme has: ``dd_progid``, another id in
``episode-num`` (``imdb.com``, ``themoviedb.org``), its title with season and episode, with
subtitle, or with year. Read as a stream, so that size is no matter; entities are refused, since
nothing in a guide needs them and a few lines of them can fill any memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from edgeagent.errors import InputError
from model_export.loaders.ages import AgeMention
from model_export.loaders.catalogue_builder import CatalogueBuilder, LoadedCatalogue

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["read_xmltv"]

_ID_SYSTEMS = ("dd_progid", "imdb.com", "themoviedb.org", "thetvdb.com")
_SEASON_EPISODE = re.compile(r"S(?P<season>\d+)\s*E(?P<episode>\d+)", re.IGNORECASE)
_MINUTES = {"minutes": 1.0, "hours": 60.0, "seconds": 1 / 60}


def read_xmltv(path: Path, *, strict: bool = False) -> LoadedCatalogue:
    """Read a guide.

    Raises:
        InputError: no XML, no guide, hostile, or a programme without a title.

    """
    builder = CatalogueBuilder(strict=strict)
    with path.open("rb") as guide:  # here, so that it closes whoever refuses it
        for number, programme in enumerate(_programmes(guide, path), start=1):
            builder.add(_entry(programme), f"{path}, programme {number}")
    return builder.catalogue(path)


def _programmes(guide: BinaryIO, path: Path) -> Iterator[Element]:
    from xml.etree.ElementTree import ParseError  # noqa: PLC0415  (no parser)

    from defusedxml import DefusedXmlException  # noqa: PLC0415  (the extra export)
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415

    try:
        events = iterparse(guide, events=("start", "end"))
        _, root = next(events)
        if root.tag != "tv":
            raise InputError(
                f"{path} is XML, but its root is <{root.tag[:60]}>, not <tv>",
                hint="give an XMLTV guide",
            )
        for event, element in events:
            if event == "end" and element.tag in ("programme", "channel"):
                if element.tag == "programme":
                    yield element
                root.clear()
    except ParseError as error:
        raise InputError(
            f"{path} is not well-formed XML: {error}", hint="write it again"
        ) from error
    except DefusedXmlException as error:
        raise InputError(
            f"{path} declares entities, which no guide needs", hint="remove its <!ENTITY …> lines"
        ) from error
    except (LookupError, ValueError) as error:
        raise InputError(
            f"{path} names an encoding that is not known: {error}", hint="save it as UTF-8"
        ) from error


def _entry(programme: Element) -> dict[str, object]:
    season, episode = _place_in_series(programme)
    name, subtitle = _text(programme, "title"), _text(programme, "sub-title")
    is_episode = bool(season or episode or subtitle)
    year = (_text(programme, "date") or "")[:4]
    return {
        "item": _identity(programme) or _spoken_identity(name, subtitle, season, episode, year),
        "title": f"{name}: {subtitle}" if name and subtitle else name,
        "kind": "episode" if is_episode else "film",
        "genres": _texts(programme, "category"),
        "year": year,
        "age_rating": _ages(programme),
        "run_minutes": _minutes(programme),
        "series": name if is_episode else None,
        "season": season,
        "episode": episode,
        "people": [text for person in programme.iterfind("credits/*") if (text := _all(person))],
        "keywords": _texts(programme, "keyword"),
        "description": _text(programme, "desc"),
    }


def _all(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _text(programme: Element, tag: str) -> str | None:
    """Return the first such text that is not blank; guides name the main language first."""
    return next((text for found in programme.iterfind(tag) if (text := _all(found))), None)


def _texts(programme: Element, tag: str) -> list[str]:
    return [_all(found) for found in programme.iterfind(tag)]


def _identity(programme: Element) -> str | None:
    said = {found.get("system", ""): _all(found) for found in programme.iterfind("episode-num")}
    return next((f"{said[system]}" for system in _ID_SYSTEMS if said.get(system)), None)


def _spoken_identity(
    name: str | None, subtitle: str | None, season: int | None, episode: int | None, year: str
) -> str | None:
    if episode is not None:
        return f"{name} S{season or 0:02d}E{episode:02d}"
    return f"{name}: {subtitle}" if subtitle else f"{name} ({year})" if year else name


def _place_in_series(programme: Element) -> tuple[int | None, int | None]:
    """Return season and episode, from 1."""
    for found in programme.iterfind("episode-num"):
        system, text = found.get("system", "onscreen"), _all(found)
        if system == "xmltv_ns":  # season.episode.part, from 0; each may be "2/10" or empty
            season, episode, *_ = [*text.split("."), ""]
            return _counted(season), _counted(episode)
        if system == "onscreen" and (shown := _SEASON_EPISODE.search(text)):
            return int(shown["season"]), int(shown["episode"])
    return None, None


def _counted(text: str) -> int | None:
    first = text.partition("/")[0].strip()
    return int(first) + 1 if first.isdecimal() else None


def _ages(programme: Element) -> list[AgeMention]:
    return [
        AgeMention(text=_all(value), system=found.get("system", ""))
        for found in programme.iterfind("rating")
        for value in found.iterfind("value")
    ]


def _minutes(programme: Element) -> int | None:
    found = programme.find("length")
    text = "" if found is None else _all(found)
    if found is None or not text.isdecimal():
        return None
    return round(int(text) * _MINUTES.get(found.get("units", "minutes"), 1.0)) or None
