"""schema.org JSON-LD: every Movie, TVSeries and TVEpisode of a document, however it is nested.

Lists, ``@graph``, item lists and data feeds are walked; episodes may stand within their season and
series, or refer to them by ``@id``. An item is named by ``@id``, else ``identifier``, ``url`` or
``sameAs``. An ``@id`` that is local to its document (``#movie``, ``_:b0``) is no identity. A series
or film that is only mentioned (``partOfSeries``, ``itemReviewed``) and has no identity is a
reference, not a title.
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
from model_export.loaders.identity import made_identity

__all__ = ["read_jsonld"]

_CAP_BYTES = 512 * 1024 * 1024
_KINDS = {"Movie": "film", "TVSeries": "series", "TVEpisode": "episode", "Episode": "episode"}
_SEASONS = {"TVSeason", "CreativeWorkSeason"}
_NUMBER = r"(\d+(?:[.,]\d+)?)"
_DURATION = re.compile(
    rf"P(?:0+[.,]?0*Y)?(?:0+[.,]?0*M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?"
)
"""ISO 8601-1:2019, 5.5.2.2, in upper case; years and months say no length, so they must be 0."""
_CLOCK_DURATION = re.compile(r"P0{4}-?00-?(\d\d)T(\d\d):?(\d\d):?(\d\d(?:[.,]\d+)?)")
"""The alternative spelling, 5.5.2.4: ``P0000-00-00T01:30:00``."""
_UNIT_MINUTES = (7 * 24 * 60, 24 * 60, 60, 1, 1 / 60)
_ENTRIES = {
    "$", "@graph", "@included", "containsSeason", "dataFeedElement", "episode", "episodes",
    "hasPart", "item", "itemListElement", "mainEntity", "season", "seasons",
}  # fmt: skip
"""Properties that list what there is. Below any other one a title is mentioned."""
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
            if kind is not None and _is_title(value, kind, pointer):
                yield _Found(node=value, kind=kind, series=series, season=season, pointer=pointer)
            series = value if kind == "series" else series
            season = value if types & _SEASONS else season
            inside = [(each, f"{pointer}.{name}") for name, each in value.items()]
        waiting.extend((each, series, season, where) for each, where in reversed(inside))


def _is_title(node: _Node, kind: str, pointer: str) -> bool:
    """Say whether a node is an entry of the catalogue, not a reference to one elsewhere."""
    listed = pointer.rpartition(".")[2].partition("[")[0] in _ENTRIES
    if not listed and _identity(node) is None:
        return False
    numbered = kind == "episode" and _plain(node.get("episodeNumber")) is not None
    return numbered or _name(node) is not None or "name" in node


def _types(node: _Node) -> Iterator[str]:
    for name in _list(node.get("@type")):
        if isinstance(name, str):
            yield re.split(r"[/#:]", name)[-1]


def _entry(found: _Found, by_id: dict[str, _Node]) -> dict[str, object]:
    node = found.node
    season = found.season or _referred(node.get("partOfSeason"), by_id)
    series = found.series or _series_of(node, by_id) or _series_of(season, by_id)
    is_episode = found.kind == "episode"
    collection = None if is_episode else _referred(node.get("isPartOf"), by_id)
    return {
        "item": _item(node),
        # An episode without a name is called as its series is, as in a guide.
        "title": _name(node) or (_name(series) if is_episode else None),
        "kind": found.kind,
        # What protects on either counts: the strictest of all ages, every genre and keyword.
        "genres": _words_of("genre", node, series),
        "year": _plain(_first(node, "datePublished", "dateCreated", "copyrightYear", "startDate")),
        "age_rating": [*_ages(node), *_ages(series)],
        "run_minutes": _minutes(_first(node, "duration", "timeRequired")),
        "series": _name(series) if is_episode else None,
        "series_id": _identity(series) if is_episode else None,
        "season": next((n for one in (season, node) if (n := _number_of(one)) is not None), None),
        "episode": _plain(node.get("episodeNumber")),
        "franchise": _name(collection) if collection else None,
        "people": [name for field in _PEOPLE for name in _names(node.get(field), by_id)],
        "keywords": _words_of("keywords", node, series),
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
    return next(
        (node[field] for field in fields if node.get(field) not in (None, "", [], {})), None
    )


def _name(node: _Node) -> object:
    return _plain(_first(node, "name", "headline", "alternateName"))


def _series_of(node: _Node, by_id: dict[str, _Node]) -> _Node:
    """Return the series that an episode or season refers to; the second name is the older one."""
    return _referred(_first(node, "partOfSeries", "partOfTVSeries"), by_id)


def _names(value: object, by_id: dict[str, _Node]) -> list[object]:
    resolved = (_referred(e, by_id) or e if isinstance(e, dict) else e for e in _list(value))
    return [name for each in resolved if (name := _plain(each)) is not None]


def _words(value: object) -> list[str]:
    """Return a list of words; one text with commas is meant as several."""
    plain = (_plain(each) for each in _list(value))
    return [word for text in plain if isinstance(text, str) for word in text.split(",")]


def _words_of(field: str, *nodes: _Node) -> list[str]:
    """Return the words of all nodes, each once."""
    return list(dict.fromkeys(word for node in nodes for word in _words(node.get(field))))


def _number_of(season: _Node) -> object:
    return _plain(_first(season, "seasonNumber"))


def _referred(value: object, by_id: dict[str, _Node]) -> _Node:
    """Return what a reference means; of several the first."""
    for each in _list(value):
        if isinstance(each, dict):
            return each if "name" in each else by_id.get(str(each.get("@id")), each)
        if isinstance(each, str):
            return by_id.get(each, {"name": each})
    return {}


def _identity(node: _Node) -> object:
    """Return what names a node outside its document."""
    names = (_plain(node.get(field)) for field in ("@id", "identifier", "url", "sameAs"))
    return next((name for name in names if name not in (None, "") and not _is_local(name)), None)


def _is_local(name: object) -> bool:
    return isinstance(name, str) and name.startswith(("#", "_:"))


def _item(node: _Node) -> object:
    """Return a node's identity; one that has a local name alone is called by title and year."""
    found = _identity(node)
    if found is not None or not _is_local(node.get("@id")) or (name := _name(node)) is None:
        return found
    released = str(_plain(_first(node, "datePublished", "dateCreated", "copyrightYear")) or "")
    return made_identity(f"{name} ({released[:4]})" if released else str(name))


def _ages(node: _Node) -> list[AgeMention]:
    """Return every rating, whatever it is written in; the property stands for the system."""
    return [
        AgeMention(text=str(said), system=name)
        for name in ("contentRating", "typicalAgeRange")
        for each in _list(node.get(name))
        if (said := _plain(each)) is not None
    ]


def _minutes(value: object) -> object:
    """Return whole minutes; what is no duration is returned as it stands, and counted as unread."""
    written = _plain(value)
    spelled = str(written).strip().upper()
    clock = _CLOCK_DURATION.fullmatch(spelled)
    found = clock or _DURATION.fullmatch(spelled)
    if written is None or found is None or spelled == "P":
        return written
    parts = [float((part or "0").replace(",", ".")) for part in found.groups()]
    units = _UNIT_MINUTES[1:] if clock else _UNIT_MINUTES
    return int(sum(part * unit for part, unit in zip(parts, units, strict=True)) + 1e-9) or None
