"""The catalogue that a file is read into: one title an id, mentioned once or many times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from edgeagent.errors import InputError
from edgeagent.messages import Title
from model_export.loaders import fields
from model_export.loaders.fields import Unreadable
from model_export.metadata import Metadata

__all__ = ["FIELDS", "CatalogueBuilder", "LoadedCatalogue"]

_LONGEST_TEXT, _LONGEST_DESCRIPTION = 200, 4000
_MOST_GENRES, _MOST_ENTITLEMENTS = 32, 16
_KINDS = {
    "film": "film", "movie": "film", "series": "series", "show": "series", "tvseries": "series",
    "episode": "episode", "tvepisode": "episode",
}  # fmt: skip


def _kind(value: object) -> str | None:
    line = fields.text(value)
    if line is not None and line.casefold() not in _KINDS:
        raise Unreadable("film, series or episode")
    return None if line is None else _KINDS[line.casefold()]


def _short(value: object) -> str | None:
    line = fields.text(value)
    return None if line is None else line[:_LONGEST_TEXT].strip()


def _short_texts(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line[:_LONGEST_TEXT].strip() for line in fields.texts(value)))


def _description(value: object) -> str | None:
    line = fields.text(value)
    return None if line is None else line[:_LONGEST_DESCRIPTION]


_TITLE: Mapping[str, Callable[[object], Any]] = {
    "kind": _kind,
    "genres": lambda value: _short_texts(value)[:_MOST_GENRES],
    "year": fields.year,
    "age_rating": fields.age,
    "run_minutes": lambda value: fields.number(value, least=1, most=1440),
    "series_id": fields.text,
    "season": lambda value: fields.number(value, least=0, most=1000),
    "episode": lambda value: fields.number(value, least=0, most=100_000),
    "franchise": _short,
    "available_until": fields.moment,
    "entitlements": lambda value: _short_texts(value)[:_MOST_ENTITLEMENTS],
}
_METADATA: Mapping[str, Callable[[object], Any]] = {
    "people": _short_texts,
    "keywords": _short_texts,
    "series": _short,
    "description": _description,
}
FIELDS = ("item", "title", *_TITLE, *_METADATA)
"""What an entry may say; ``item`` and ``title`` it must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedCatalogue:
    """What there is to watch, and what is known of it."""

    titles: tuple[Title, ...]
    metadata: Mapping[str, Metadata]


class CatalogueBuilder:
    """Takes entries one by one.

    A table that somebody exported can be mended: whatever is wrong in it is an error with its
    place. A guide comes from somebody else (``lenient``): an optional field that cannot be meant
    counts as not said.
    """

    def __init__(self, *, lenient: bool) -> None:
        """Begin empty."""
        self._lenient = lenient
        self._titles: dict[str, Title] = {}
        self._said: dict[str, dict[str, Any]] = {}
        self._more: dict[str, dict[str, Any]] = {}
        self._places: dict[str, str] = {}

    def add(self, entry: Mapping[str, object], place: str) -> None:
        """Take one entry; what a later one says of the same item fills what was not said before.

        Raises:
            InputError: no item or title, a field that cannot be meant, one item under two names.

        """
        item, name = (self._needed(entry, field, place) for field in ("item", "title"))
        said = {"entity_id": item, "title": name[:_LONGEST_TEXT].strip()}
        said |= self._read(entry, _TITLE, place)
        more = self._read(entry, _METADATA, place)
        if "series" in more:
            said.setdefault("series_id", more["series"].casefold())
        first = self._places.setdefault(item, place)
        said = {**said, **self._said.get(item, {})}
        if said["title"] != name[:_LONGEST_TEXT].strip() and not self._lenient:
            raise InputError(
                f"{place}: item {item!r} is {name!r} here and {said['title']!r} in {first}",
                hint="give each title an item of its own",
            )
        self._titles[item] = _title(said, place)
        self._said[item] = said
        self._more[item] = {**more, **self._more.get(item, {})}

    def catalogue(self, place: Path) -> LoadedCatalogue:
        """Return what was taken.

        Raises:
            InputError: nothing was.

        """
        if not self._titles:
            raise InputError(f"{place} holds no titles", hint="name a catalogue that holds some")
        return LoadedCatalogue(
            titles=tuple(self._titles.values()),
            metadata={item: Metadata(**more) for item, more in self._more.items() if more},
        )

    def _needed(self, entry: Mapping[str, object], field: str, place: str) -> str:
        try:
            found = fields.text(entry.get(field))
        except Unreadable as error:
            raise _unreadable(place, field, entry[field], error) from error
        if found is None:
            raise InputError(f"{place}: nothing in field {field!r}", hint="every title needs one")
        return found

    def _read(
        self,
        entry: Mapping[str, object],
        readers: Mapping[str, Callable[[object], Any]],
        place: str,
    ) -> dict[str, Any]:
        said: dict[str, Any] = {}
        for field, read in readers.items():
            try:
                found = read(entry.get(field))
            except Unreadable as error:
                if self._lenient:
                    continue
                raise _unreadable(place, field, entry[field], error) from error
            if found not in (None, ()):
                said[field] = found
        return said


def _title(said: dict[str, Any], place: str) -> Title:
    try:
        return msgspec.convert(said, Title)
    except msgspec.ValidationError as error:
        raise InputError(f"{place}: {error}", hint="shorten it, or leave it out") from error


def _unreadable(place: str, field: str, value: object, error: Unreadable) -> InputError:
    return InputError(
        f"{place}, field {field!r}: found {fields.shown(value)}, expected {error}",
        hint="mend the field, or leave it empty",
    )
