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
from functools import lru_cache
from pathlib import Path

from edgeagent.messages.fields import UNKNOWN_AGE
from model_export.loaders.ages import AgeMention, age_rating
from model_export.loaders.catalogue_builder import CatalogueBuilder, LoadedCatalogue
from model_export.loaders.episodes import EpisodeNumber, episode_number
from model_export.loaders.identity import made_identity
from model_export.loaders.jsonld_documents import Document, Names, Node, is_local, read_documents
from model_export.loaders.jsonld_values import every, first, listed, minutes, plain, words

__all__ = ["read_jsonld"]

_KINDS = {"Movie": "film", "TVSeries": "series", "TVEpisode": "episode", "Episode": "episode"}
_SEASONS = {"TVSeason", "CreativeWorkSeason"}
_ENTRIES = {
    "", "@graph", "@included", "containsSeason", "dataFeedElement", "episode", "episodes",
    "hasPart", "item", "itemListElement", "mainEntity", "season", "seasons", "workPerformed",
    "workPresented",
}  # fmt: skip
"""Properties that list what there is. Below any other one a title is mentioned."""
_LISTS = {"ItemList", "ListItem", "DataFeed", "DataFeedItem", *_SEASONS}
"""Types of what stands around titles."""
_REFERENCES = ("partOfSeries", "partOfTVSeries", "partOfSeason", "isPartOf")
_PEOPLE = ("actor", "director", "creator", "author", "producer", "musicBy")
_NAMES = ("name", "headline", "alternateName")
_IDENTITY = ("@id", "identifier", "url", "sameAs")
_RATINGS = (
    "@value", "@list", "@set", "value", "minValue", "ratingValue", "name", "termCode",
    "alternateName", "@id", "url",
)  # fmt: skip
_LEAST_AGES = ("suggestedMinAge", "requiredMinAge", "suggestedAge", "typicalAgeRange")
_COLLECTIONS = {"MovieSeries", "CreativeWorkSeries", "Collection", "BookSeries"}
"""What a film is part of as one of several; a web page is none."""
_DATES = ("datePublished", "dateCreated", "copyrightYear", "startDate")
_READ = {
    "@context", "@type", *_NAMES, *_IDENTITY, *_DATES, *_PEOPLE, *_REFERENCES, *_ENTRIES,
    "abstract", "about", "contentRating", "description", "duration", "episodeNumber", "expires",
    "genre", "inLanguage", "keywords", "requiresSubscription", "seasonNumber", "timeRequired",
    "audience", "isFamilyFriendly", *_LEAST_AGES,
}  # fmt: skip
"""Properties that are read; what else a title holds is counted as ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A value with what stands around it."""

    value: object
    pointer: str
    """Where in its document, such as ``.@graph[3]``."""
    field: str = ""
    """The property that it stands in; blank at the root."""
    series: Node
    season: Node

    def inside(self) -> Iterator[_Place]:
        """Yield the lists and objects that a list or an object holds."""
        value, series, season = self.value, self.series, self.season
        named: Iterator[tuple[object, str, str]] = iter(())
        if isinstance(value, list):
            named = ((each, f"[{n}]", self.field) for n, each in enumerate(value))
        elif isinstance(value, dict):
            types = set(_types(value))
            series = value if "TVSeries" in types else series
            season = value if types & _SEASONS else season
            named = ((each, f".{name}", name) for name, each in value.items())
        for each, step, field in named:
            if isinstance(each, dict | list):
                yield _Place(
                    value=each,
                    pointer=self.pointer + step,
                    field=field,
                    series=series,
                    season=season,
                )


def read_jsonld(path: Path, *, strict: bool = False) -> LoadedCatalogue:
    """Read a file of one or more documents.

    Raises:
        InputError: no JSON, too large or too deep, no titles, or, ``strict``, an entry that is
            none.

    """
    builder = CatalogueBuilder(strict=strict)
    for document in read_documents(path, builder):
        waiting = [_Place(value=document.root, pointer="", series={}, season={})]
        while waiting:
            found = waiting.pop()
            if isinstance(found.value, dict):
                _take(found, found.value, document, builder)
            waiting.extend(reversed(list(found.inside())))
    return builder.catalogue(path, holds="Movie, TVSeries or TVEpisode of schema.org")


def _take(found: _Place, node: Node, document: Document, builder: CatalogueBuilder) -> None:
    """Add a node if it is a title; what is none and looks like an entry is counted."""
    types = list(_types(node))
    kind = next((_KINDS[name] for name in _KINDS if name in types), None)
    place = f"{document.place}{found.pointer}"
    is_listed, identity = found.field in _ENTRIES, _identity(node)
    if kind is None:
        if is_listed and not _LISTS & set(types) and _name(node) is not None:
            of_type = f"entries of type {types[0][:60]!r}" if types else "entries without @type"
            builder.omissions.ignored.add(of_type, place)
        elif "ListItem" in types and "item" not in node and set(types) <= _LISTS:
            builder.omissions.ignored.add("a list item that only has an address", place)
        return
    numbered = kind == "episode" and plain(node.get("episodeNumber")) is not None
    if not is_listed and identity is None:
        if found.field not in _REFERENCES:
            builder.omissions.ignored.add(f"a title only mentioned in {found.field!r}", place)
    elif numbered or _name(node) is not None or "name" in node:
        for name in node.keys() - _READ:
            builder.omissions.ignored.add(f"property {name[:60]!r}", place)
        if True in listed(node.get("requiresSubscription")):
            builder.omissions.ignored.add("a requiresSubscription that names none", place)
        builder.add(_entry(found, node, kind, document.names), place)
    elif is_listed and _name(document.names.get(node.get("@id")) or {}) is None:
        builder.leave_out("an entry without a name that nothing else describes", place)


def _types(node: Node) -> Iterator[str]:
    for name in listed(node.get("@type")):
        if isinstance(name, str):
            yield _type(name)


@lru_cache(maxsize=1024)
def _type(written: str) -> str:
    """Return the name of a type: ``schema:Movie`` and ``http://schema.org/Movie`` are one."""
    return re.split(r"[/#:]", written)[-1]


def _entry(found: _Place, node: Node, kind: str, names: Names) -> dict[str, object]:
    season = _whole(found.season or _referred(node.get("partOfSeason"), names), names)
    series = _whole(found.series or _series_of(node, names) or _series_of(season, names), names)
    is_episode = kind == "episode"
    collection = {} if is_episode else _referred(node.get("isPartOf"), names)
    if not set(_types(collection)) <= _COLLECTIONS:
        collection = {}
    number = _numbering(node, season)
    # What protects on any counts: the strictest of all ages, every genre and keyword.
    around = (node, season, series) if is_episode else (node,)
    return {
        "item": _item(node, series, number),
        # An episode without a name is called as its series is, as in a guide.
        "title": _name(node) or (_name(series) if is_episode else None),
        "kind": kind,
        "genres": _words_of(("genre",), around, names),
        "year": plain(first(node, *_DATES)),
        "age_rating": [age for one in around for age in _ages(one, names)],
        "run_minutes": minutes(first(node, "duration", "timeRequired")),
        "series": _name(series) if is_episode else None,
        "series_id": _identity(series) if is_episode else None,
        "season": number["season"],
        "episode": number["episode"],
        "franchise": _name(collection),
        "people": [name for field in _PEOPLE for name in _named(node.get(field), names)],
        "keywords": _words_of(("keywords", "about"), around, names),
        "description": plain(first(node, "description", "abstract")),
        "available_until": plain(node.get("expires")),
        "entitlements": _named(node.get("requiresSubscription"), names),
        "language": _named(node.get("inLanguage"), names)[:1],
    }


def _whole(node: Node, names: Names) -> Node:
    """Return a node with what is said of its ``@id`` elsewhere."""
    return {**(names.get(node.get("@id")) or {}), **node}


def _name(node: Node) -> object:
    return plain(first(node, *_NAMES))


def _series_of(node: Node, names: Names) -> Node:
    """Return the series that an episode or season refers to; the second name is the older one."""
    return _referred(first(node, "partOfSeries", "partOfTVSeries"), names)


def _named(value: object, names: Names) -> list[object]:
    """Return what each of a list is called."""
    found = (
        plain(_role(_referred(each, names) or each, names) if isinstance(each, dict) else each)
        for each in listed(value)
    )
    return [name for name in found if name is not None]


def _role(node: Node, names: Names) -> object:
    """Return who plays a role that stands between a title and a person."""
    inside = first(node, *_PEOPLE) if "Role" in "".join(_types(node)) else None
    return node if inside is None else _referred(inside, names)


def _words_of(fields: tuple[str, ...], nodes: tuple[Node, ...], names: Names) -> list[str]:
    """Return the words of all nodes, each once; of a node without name its address says most."""
    found: list[str] = []
    for value in (each for node in nodes for field in fields for each in listed(node.get(field))):
        is_node = isinstance(value, dict)
        said = every((_referred(value, names) or value) if is_node else value)
        for text in said or ([first(value, "@id", "url")] if is_node else []):
            found += words(text)
    return list(dict.fromkeys(found))


def _numbering(node: Node, season: Node) -> dict[str, object]:
    """Return season and episode; what is no number is read as a guide's numbers for people are."""
    ours, theirs = plain(node.get("seasonNumber")), plain(first(season, "seasonNumber"))
    episode, name = plain(node.get("episodeNumber")), _name(season)
    found: dict[str, object] = {"season": ours if theirs in (None, "") else theirs}
    found["episode"] = episode
    for field, written in (("season", found["season"]), ("episode", episode), ("", name)):
        if isinstance(written, str) and not written.strip().isdecimal():
            said = episode_number(written, field) or EpisodeNumber()
            if said.season is not None and (field == "season" or found["season"] in (None, "")):
                found["season"] = said.season
            if said.episode is not None and field == "episode":
                found["episode"] = said.episode
    return found


def _referred(value: object, names: Names) -> Node:
    """Return what a reference means; of several the first."""
    for each in listed(value):
        if isinstance(each, dict):
            return each if "name" in each else names.get(each.get("@id")) or each
        if isinstance(each, str):
            return names.get(each) or {"name": each}
    return {}


def _identity(node: Node) -> object:
    """Return what names a node outside its document."""
    named = (plain(node.get(field)) for field in _IDENTITY)
    return next((name for name in named if name not in (None, "") and not is_local(name)), None)


def _item(node: Node, series: Node, number: dict[str, object]) -> object:
    """Return a node's identity, else an id made of what it is called.

    That is series and number of an episode; of what has a local name alone title and year.
    """
    found = _identity(node)
    season, episode = number["season"], number["episode"]
    if found is None and episode is not None and (called := _name(series)) is not None:
        return made_identity(
            f"{called} {f'S{season:0>2}' if season is not None else ''}E{episode:0>2}"
        )
    if found is not None or not is_local(node.get("@id")) or (name := _name(node)) is None:
        return found
    released = str(plain(first(node, *_DATES[:3])) or "")
    return made_identity(f"{name} ({released[:4]})" if released else str(name))


def _ages(node: Node, names: Names) -> list[AgeMention]:
    """Return every rating, whatever it is written in; the property stands for the system."""
    said = [(node.get(name), name) for name in ("contentRating", *_LEAST_AGES)]
    for each in listed(node.get("audience")):
        audience = _whole(each, names) if isinstance(each, dict) else {"name": each}
        said += [(audience.get(field), field) for field in _LEAST_AGES]
        said.append((_least_age(audience), "audience"))
    if str(node.get("isFamilyFriendly")).rpartition("/")[2].casefold() == "false":
        said.append(("not family friendly", "isFamilyFriendly"))
    return [
        AgeMention(text=str(text), system=name)
        for value, name in said
        for each in listed(value)
        for text in _rated(_whole(each, names) if isinstance(each, dict) else each)
    ]


def _least_age(audience: Node) -> int | None:
    """Return the age of people who are named (``adults``, ``Erwachsene``); most have none."""
    called = [
        str(text) for field in ("audienceType", "name") for text in every(audience.get(field))
    ]
    read = [age_rating([AgeMention(text=text)]) for text in called]
    return max(
        (age for age in (age_rating([], called), *read) if age not in (None, UNKNOWN_AGE)),
        default=None,
    )


def _rated(rating: object) -> list[object]:
    """Return all texts and numbers of a rating; a local ``@id`` (``#g``, ``_:b12``) is none."""
    texts: list[object] = []
    waiting = [rating]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting += found
        elif isinstance(found, dict):
            is_score = "bestRating" in found or "worstRating" in found
            known = [
                found[field]
                for field in _RATINGS
                if field in found and not (is_score and field == "ratingValue")
            ]
            inside = [each for each in known if not is_local(each)]
            waiting += inside
            texts += ["said in no form that is read"] if found and not inside else []
        elif isinstance(found, str | int | float) and not isinstance(found, bool):
            texts.append(found)
    return texts
