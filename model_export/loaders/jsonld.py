"""schema.org JSON-LD: every Movie, TVSeries and TVEpisode of a document, however it is nested.

Lists, ``@graph``, item lists and data feeds are walked; episodes may stand within their season and
series, or refer to them by ``@id``. An item is named by ``@id``, else ``identifier``, else ``url``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from edgeagent.errors import InputError
from edgeagent.regular_file import read_regular
from model_export.loaders.ages import AgeMention
from model_export.loaders.catalogue_builder import CatalogueBuilder, LoadedCatalogue

__all__ = ["read_jsonld"]

_CAP_BYTES = 512 * 1024 * 1024
_KINDS = {"Movie": "film", "TVSeries": "series", "TVEpisode": "episode", "Episode": "episode"}
_SEASONS = {"TVSeason", "CreativeWorkSeason"}
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:[\d.]+S)?)?")
_PEOPLE = ("actor", "director", "creator", "author", "producer", "musicBy")

_Node = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A title with the series and season around it."""

    node: _Node
    kind: str
    series: _Node
    season: _Node
    pointer: str
    """Where in the document, such as ``$.@graph[3]``."""


def read_jsonld(path: Path, *, strict: bool = False) -> LoadedCatalogue:
    """Read a document.

    Raises:
        InputError: no JSON, too large or too deep, no titles, or one without name or id.

    """
    document = _document(path)
    builder = CatalogueBuilder(strict=strict)
    by_id = _by_id(document)
    for found in _titles(document):
        builder.add(_entry(found, by_id), f"{path}, {found.pointer}")
    return builder.catalogue(path)


def _document(path: Path) -> object:
    size = path.stat().st_size
    if size > _CAP_BYTES:
        raise InputError(
            f"{path} is {size:,} bytes, at most {_CAP_BYTES:,} are read as one document",
            hint="split it, or write it as CSV or Parquet",
        )
    try:
        data = read_regular(path, cap_bytes=_CAP_BYTES)
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not JSON: {error}", hint="save it again, as UTF-8") from error
    except RecursionError as error:
        raise InputError(f"{path} is nested too deeply", hint="give a flat @graph") from error


def _by_id(document: object) -> dict[str, _Node]:
    """Return what all mentions of a node say together; a bare reference says nothing."""
    found: dict[str, _Node] = {}
    for node in _nodes(document):
        name = node.get("@id")
        if isinstance(name, str):
            found[name] = {**node, **found.get(name, {})}
    return found


def _nodes(document: object) -> Iterator[_Node]:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _titles(document: object) -> Iterator[_Found]:
    """Yield titles in order of the document."""
    waiting: list[tuple[object, _Node, _Node, str]] = [(document, {}, {}, "$")]
    while waiting:
        value, series, season, pointer = waiting.pop()
        inside: list[tuple[object, str]] = []
        if isinstance(value, list):
            inside = [(each, f"{pointer}[{index}]") for index, each in enumerate(value)]
        elif isinstance(value, dict):
            types = set(_types(value))
            kind = next((_KINDS[name] for name in _KINDS if name in types), None)
            if kind is not None and "name" in value:
                yield _Found(node=value, kind=kind, series=series, season=season, pointer=pointer)
            series = value if kind == "series" else series
            season = value if types & _SEASONS else season
            inside = [(each, f"{pointer}.{name}") for name, each in value.items()]
        waiting.extend((each, series, season, where) for each, where in reversed(inside))


def _types(node: _Node) -> Iterator[str]:
    for name in _list(node.get("@type")):
        if isinstance(name, str):
            yield re.split(r"[/#:]", name)[-1]


def _entry(found: _Found, by_id: dict[str, _Node]) -> dict[str, object]:
    node = found.node
    season = found.season or _referred(node.get("partOfSeason"), by_id)
    series = (
        found.series
        or _referred(node.get("partOfSeries"), by_id)
        or _referred(season.get("partOfSeries"), by_id)
    )
    is_episode = found.kind == "episode"
    collection = None if is_episode else _referred(node.get("isPartOf"), by_id)
    return {
        "item": _identity(node),
        "title": _name(node),
        "kind": found.kind,
        # What protects on either counts: the strictest of all ages, every genre.
        "genres": list(dict.fromkeys([*_words(node.get("genre")), *_words(series.get("genre"))])),
        "year": _first(node, "datePublished", "dateCreated", "copyrightYear", "startDate"),
        "age_rating": [*_ages(node), *_ages(series)],
        "run_minutes": _minutes(_first(node, "duration", "timeRequired")),
        "series": _name(series) if is_episode else None,
        "series_id": _identity(series) if is_episode else None,
        "season": season.get("seasonNumber") or node.get("seasonNumber"),
        "episode": node.get("episodeNumber"),
        "franchise": _name(collection) if collection else None,
        "people": [name for field in _PEOPLE for name in _names(node.get(field), by_id)],
        "keywords": _words(node.get("keywords")) or _words(series.get("keywords")),
        "description": _plain(_first(node, "description", "abstract")),
        "available_until": _plain(node.get("expires")),
        "entitlements": _names(node.get("requiresSubscription"), by_id),
    }


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _plain(value: object) -> object:
    """Return a scalar: of a list its first, of an object its value or name."""
    for each in _list(value):
        if isinstance(each, dict):
            for field in ("@value", "value", "name", "ratingValue"):
                if field in each:
                    return _plain(each[field])
        elif isinstance(each, str | int | float):
            return each
    return None


def _first(node: _Node, *fields: str) -> object:
    return next((node[field] for field in fields if node.get(field)), None)


def _name(node: _Node) -> object:
    return _plain(node.get("name"))


def _names(value: object, by_id: dict[str, _Node]) -> list[object]:
    resolved = (_referred(e, by_id) or e if isinstance(e, dict) else e for e in _list(value))
    return [name for each in resolved if (name := _plain(each)) is not None]


def _words(value: object) -> list[str]:
    """Return a list of words; one text with commas is meant as several."""
    plain = (_plain(each) for each in _list(value))
    return [word for text in plain if isinstance(text, str) for word in text.split(",")]


def _referred(value: object, by_id: dict[str, _Node]) -> _Node:
    """Return what a reference means; of several the first."""
    for each in _list(value):
        if isinstance(each, dict):
            return each if "name" in each else by_id.get(str(each.get("@id")), each)
        if isinstance(each, str):
            return by_id.get(each, {"name": each})
    return {}


def _identity(node: _Node) -> object:
    return _plain(_first(node, "@id", "identifier", "url"))


def _ages(node: _Node) -> list[AgeMention]:
    """Return every rating, whatever it is written in; the property stands for the system."""
    return [
        AgeMention(text=str(said), system=name)
        for name in ("contentRating", "typicalAgeRange")
        for each in _list(node.get(name))
        if (said := _plain(each)) is not None
    ]


def _minutes(value: object) -> int | None:
    found = _DURATION.fullmatch(str(_plain(value)).strip())
    if not found:
        return None
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return (days * 24 + hours) * 60 + minutes or None
