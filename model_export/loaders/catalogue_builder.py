"""The catalogue that a file is read into: one title an id, mentioned once or many times."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from edgeagent.errors import InputError
from edgeagent.messages import Title
from model_export.loaders import fields
from model_export.loaders.ages import AgeMention, age_rating
from model_export.loaders.fields import Unreadable
from model_export.loaders.identity import identity, made_identity
from model_export.loaders.mentions import TELLING, Mentions, difference, is_film
from model_export.loaders.omissions import Omission, Omissions
from model_export.metadata import Metadata
from model_export.topics.lookup import most_telling

__all__ = ["FIELDS", "CatalogueBuilder", "LoadedCatalogue"]

_Kind = Literal["film", "series", "episode"]

_LONGEST_TEXT, _LONGEST_DESCRIPTION = 200, 4000
_WORD_SEPARATORS = re.compile(r",|\s/\s")
_MOST_GENRES, _MOST_ENTITLEMENTS = 32, 16
_KINDS: Mapping[str, _Kind] = {
    "film": "film", "movie": "film", "tvmovie": "film", "short": "film", "tvshort": "film",
    "video": "film", "special": "film", "tvspecial": "film", "documentary": "film",
    "series": "series", "show": "series", "tvshow": "series", "tvseries": "series",
    "miniseries": "series", "tvminiseries": "series", "episode": "episode", "tvepisode": "episode",
}  # fmt: skip
_MOST_REASONS = 3
_EPISODIC = ("series_id", "season", "episode")
"""What no film has."""
_YES, _NO = {"1", "true", "yes", "y", "t"}, {"0", "false", "no", "n", "f"}


def _kind(value: object) -> _Kind | None:
    line = fields.text(value)
    found = None if line is None else "".join(filter(str.isalpha, line.casefold()))
    if found is not None and found not in _KINDS:
        raise Unreadable("film, series or episode")
    return None if found is None else _KINDS[found]


def _short(value: object) -> str | None:
    line = fields.text(value)
    return None if line is None else line[:_LONGEST_TEXT].strip()


def _short_texts(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line[:_LONGEST_TEXT].strip() for line in fields.texts(value)))


def _words(value: object) -> tuple[str, ...]:
    """Return genres or keywords; a comma or a slash among spaces separates them, too."""
    parts = (part for line in fields.texts(value) for part in _WORD_SEPARATORS.split(line))
    return _short_texts(list(parts))


def _people(value: object) -> tuple[str, ...]:
    """Return names; a comma separates them where none is a surname alone."""
    found: list[object] = []
    for line in fields.texts(value):
        parts = [part.strip() for part in line.split(",")]
        found += parts if all(" " in part for part in parts) else [line]
    return _short_texts(found)


def _description(value: object) -> str | None:
    line = fields.text(value)
    return None if line is None else line[:_LONGEST_DESCRIPTION]


def _ages(value: object) -> tuple[AgeMention, ...]:
    mentions = value if isinstance(value, list | tuple) else [value]
    said = (each if isinstance(each, AgeMention) else _mention(each) for each in mentions)
    return tuple(each for each in said if each is not None)


def _mention(value: object) -> AgeMention | None:
    line = fields.text(value)
    return None if line is None else AgeMention(text=line)


def _adult(value: object) -> tuple[AgeMention, ...]:
    """Return an age for ``adult: true``, as databases of films say it."""
    line = fields.text(str(value) if isinstance(value, bool) else value)
    said = None if line is None else line.casefold().removesuffix(".0")
    if said is not None and said not in _YES | _NO:
        raise Unreadable("true or false")
    return (AgeMention(text="18"),) if said in _YES else ()


_FACTS: Mapping[str, Callable[[object], Any]] = {
    "kind": _kind,
    "year": fields.year,
    "run_minutes": lambda value: fields.number(value, least=1, most=1440),
    "series_id": identity,
    "season": lambda value: fields.number(value, least=0, most=9999),
    "episode": lambda value: fields.number(value, least=0, most=100_000),
    "franchise": _short,
    "available_until": fields.moment,
    "series": _short,
    "description": _description,
}
"""What a title has one of: the first mention stands."""
_LISTS: Mapping[str, Callable[[object], tuple[Any, ...]]] = {
    "age_rating": _ages,
    "adult": _adult,
    "genres": _words,
    "entitlements": _short_texts,
    "people": _people,
    "keywords": _words,
}
"""What a title has several of: those of all mentions together."""
FIELDS = ("item", "title", "language", *_FACTS, *_LISTS)
"""What an entry may say; ``item`` and ``title`` it must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedCatalogue:
    """What there is to watch, what is known of it, and what was not taken as it stood."""

    titles: tuple[Title, ...]
    metadata: Mapping[str, Metadata]
    left_out: tuple[Omission, ...] = ()
    ignored: tuple[Omission, ...] = ()
    merged: int = 0
    """Entries that are another mention of a title."""
    other_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By id: what a guide calls a title in other languages; of a numbered episode, its series."""
    languages: Mapping[str, int] = field(default_factory=dict)
    """Of how many entries the source says that they are in a language."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What training should say of it."""
        left_out = sum(each.count for each in self.left_out)
        said = f"{left_out:,} entries of the catalogue were left out: 'check' says which and why"
        ages = tuple(each.reason for each in self.ignored if "'age_rating'" in each.reason)
        unread = (f"{why} It is not read; a title without age is for all" for why in ages)
        return (*((said,) if left_out else ()), *unread)


class CatalogueBuilder:
    """Takes entries one by one.

    ``strict``: whatever is wrong is an error with its place, as in a table that its owner can
    correct. Otherwise, as for a guide that comes from others, an entry that cannot be a title is
    left out and a value that cannot be read counts as not said; both are counted in ``omissions``.
    """

    def __init__(self, *, strict: bool) -> None:
        """Begin empty."""
        self.omissions = Omissions()
        self._strict = strict
        self._titles: dict[str, Mentions] = {}
        self._languages: dict[str, int] = {}
        self._merged = 0

    def add(self, entry: Mapping[str, object], place: str) -> None:
        """Take one entry; what a later one says of the same item is added to the first.

        Args:
            entry: by name in ``FIELDS``; in ``other_names`` translations; in ``other_items`` ids
                that may stand in for ``item``, in ``several_ids`` those of which one may be that
                of its series; ``item_is_made`` of its name.
            place: where it stands, for people.

        Raises:
            InputError: ``strict``, and there is no item or title, a field that cannot be read, or
                two titles under one item.

        """
        name = self._needed(entry, "title", fields.name, place)
        item = self._needed(entry, "item", identity, place) if name else None
        if item is None or name is None:
            return
        self._note_language_and_form(entry, place)
        ids = frozenset(_ids(entry.get("several_ids")))
        said = Mentions(name=name[:_LONGEST_TEXT].strip(), place=place, ids=ids)
        said.other_names = dict.fromkeys(_names(entry.get("other_names")))
        said.other_names.pop(said.name, None)
        said.by_name = entry.get("item_is_made") is True
        said.facts = self._read(entry, _FACTS, place)
        lists = self._read(entry, _LISTS, place)
        said.lists = {name: dict.fromkeys(values) for name, values in lists.items()}
        if said.facts.keys() & {*_EPISODIC, "series"}:
            said.facts.setdefault("kind", "episode")
        if "series" in said.facts:
            said.facts.setdefault("series_id", made_identity(said.facts["series"].casefold()))
        known = self._titles.get(item)
        if known is not None and (differing := difference(known, said)):
            item = self._other_item(entry, item, said, differing)
            known = self._titles.get(item)
        if known is None:
            self._titles[item] = said
        else:
            self._merged += 1
            self._join(known, said)

    def mend(self, reason: str, place: str) -> None:
        """Count what an entry was read without, or was read as.

        Raises:
            InputError: ``strict``.

        """
        if self._strict:
            raise InputError(f"{place}: {reason}", hint="correct the entry, or leave it out")
        self.omissions.ignored.add(reason, place)

    def leave_out(self, reason: str, place: str) -> None:
        """Count an entry that is no title.

        Raises:
            InputError: ``strict``.

        """
        if self._strict:
            raise InputError(f"{place}: {reason}", hint="correct the entry, or leave it out")
        self.omissions.left_out.add(reason, place)

    def catalogue(self, place: Path, *, holds: str = "some") -> LoadedCatalogue:
        """Return what was taken.

        Args:
            place: the file.
            holds: what it should hold, for people.

        Raises:
            InputError: nothing was.

        """
        left_out = self.omissions.left_out.omissions()
        if not self._titles:
            seen = (*left_out, *self.omissions.ignored.omissions())[:_MOST_REASONS]
            why = "".join(
                f"; {each.count} left out: {each.reason} ({each.first[0]})" for each in seen
            )
            raise InputError(
                f"{place} holds no titles{why}", hint=f"name a catalogue that holds {holds}"
            )
        more = ((item, _metadata(said)) for item, said in self._titles.items())
        return LoadedCatalogue(
            titles=tuple(_title(item, said) for item, said in self._titles.items()),
            metadata={item: metadata for item, metadata in more if metadata != Metadata()},
            left_out=left_out,
            ignored=self.omissions.ignored.omissions(),
            merged=self._merged,
            other_names={
                item: tuple(said.other_names)
                for item, said in self._titles.items()
                if said.other_names
            },
            languages=dict(sorted(self._languages.items())),
        )

    def _note_language_and_form(self, entry: Mapping[str, object], place: str) -> None:
        written = entry["title"]
        if isinstance(written, str) and not unicodedata.is_normalized("NFC", written):
            self.omissions.ignored.add("a title in decomposed Unicode: it is read as NFC", place)
        for language in fields.texts(entry.get("language")):
            self._languages[language] = self._languages.get(language, 0) + 1

    def _needed(
        self,
        entry: Mapping[str, object],
        field: str,
        read: Callable[[object], str | None],
        place: str,
    ) -> str | None:
        try:
            found = read(entry.get(field))
        except Unreadable as error:
            if self._strict:
                raise _unreadable(place, field, entry[field], error) from error
            self.leave_out(f"field {field!r} is not {error}", place)
            return None
        if found is None:
            self.leave_out(f"nothing in field {field!r}", place)
        return found

    def _read(
        self,
        entry: Mapping[str, object],
        readers: Mapping[str, Callable[[object], Any]],
        place: str,
    ) -> dict[str, Any]:
        said: dict[str, Any] = {}
        for field_name, read in readers.items():
            try:
                found = read(entry.get(field_name))
            except Unreadable as error:
                if self._strict:
                    raise _unreadable(place, field_name, entry[field_name], error) from error
                self.omissions.ignored.add(f"a {field_name} that is not {error}", place)
                continue
            if found not in (None, ()):
                said[field_name] = found
        return said

    def _other_item(
        self, entry: Mapping[str, object], item: str, said: Mentions, differing: str
    ) -> str:
        """Return an id of its own for a second title under ``item``.

        Raises:
            InputError: ``strict``.

        """
        first = self._titles[item]
        if self._strict:
            raise InputError(
                f"{said.place}: item {item!r} is {said.name!r} here and {first.name!r} in "
                f"{first.place}: {differing} differs",
                hint="give each title an item of its own",
            )
        self.omissions.ignored.add("an id that another title has, too: both are kept", said.place)
        for other in _ids(entry.get("other_items")):
            if other not in self._titles or not difference(self._titles[other], said):
                return other
        own = "".join(f", {name} {said.facts[name]}" for name in TELLING if name in said.facts)
        return made_identity(f"{item} ({said.name}{own}, {said.facts.get('year', 'no year')})")

    def _join(self, known: Mentions, said: Mentions) -> None:
        if said.name.casefold() != known.name.casefold():
            self.omissions.ignored.add(
                "another name of the same title: the first stands", said.place
            )
        known.other_names.update(said.other_names)
        people, others = (each.lists.get("people", {}).keys() for each in (known, said))
        if people and others and people.isdisjoint(others) and said.by_name and is_film(known):
            self.omissions.ignored.add(
                "a film of the same name with none of the same people: read as one", said.place
            )
        for name, found in said.lists.items():
            known.lists.setdefault(name, found).update(found)
        for name, value in said.facts.items():
            if known.facts.setdefault(name, value) != value and name != "description":
                self.omissions.ignored.add(
                    f"another {name} of the same title: the first stands", said.place
                )


def _names(values: object) -> Iterator[str]:
    for value in values if isinstance(values, list | tuple) else ():
        if (found := fields.name(value)) is not None:
            yield found[:_LONGEST_TEXT].strip()


def _ids(values: object) -> Iterator[str]:
    for value in values if isinstance(values, list | tuple) else ():
        try:
            found = identity(value)
        except Unreadable:
            continue
        if found is not None:
            yield found


def _title(item: str, said: Mentions) -> Title:
    metadata = ("series", "description")
    facts = {name: value for name, value in said.facts.items() if name not in metadata}
    genres = tuple(said.lists.get("genres", ()))
    ages = (*said.lists.get("age_rating", ()), *said.lists.get("adult", ()))
    return Title(
        entity_id=item,
        title=said.name,
        genres=most_telling(genres, most=_MOST_GENRES),
        age_rating=age_rating(ages, genres) or 0,
        entitlements=tuple(said.lists.get("entitlements", ()))[:_MOST_ENTITLEMENTS],
        **facts,
    )


def _metadata(said: Mentions) -> Metadata:
    return Metadata(
        people=tuple(said.lists.get("people", ())),
        keywords=tuple(said.lists.get("keywords", ())),
        series=said.facts.get("series", ""),
        description=said.facts.get("description", ""),
    )


def _unreadable(place: str, field: str, value: object, error: Unreadable) -> InputError:
    return InputError(
        f"{place}, field {field!r}: found {fields.shown(value)}, expected {error}",
        hint="correct the field, or leave it empty",
    )
