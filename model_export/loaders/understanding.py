"""What was understood of a catalogue and a log, before anything is trained on them.

Reads as training does, through the same functions, and adds what only a person can judge: ids that
look alike, one title under two ids, viewings of items that the catalogue does not hold.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from edgeagent.messages import Title
from edgeagent.messages.fields import UNKNOWN_AGE
from edgeagent.messages.manifest import LiftedWord
from model_export.loaders.catalogue_builder import LoadedCatalogue
from model_export.loaders.columns import unread
from model_export.loaders.omissions import Omission, Tally
from model_export.loaders.sources import load_catalogue, load_log
from model_export.loaders.tables import is_parquet, read_table
from model_export.loaders.viewings import READ
from model_export.log_remarks import log_remarks
from model_export.metadata import NOTHING_KNOWN, Metadata, topic_words
from model_export.spelling import folded
from model_export.topics.mapping import NO_MAPPING, GenreMapping

__all__ = ["LogSummary", "Understanding", "understand"]

_LOOKS_ALIKE = ", which writes it otherwise"
_INVISIBLE = re.compile(r"[\s_\-\u200b-\u200f\u2060\ufeff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSummary:
    """What was read of a log."""

    read: int
    """Rows of the log; of a MovieLens directory its ratings."""
    counted: int
    """Viewings that training sees: of known items, each once."""
    people: int
    watched_titles: int
    unknown_items: tuple[Omission, ...]
    """Viewings of items that the catalogue does not hold; training refuses them unless told to."""
    ignored: tuple[Omission, ...]
    """Columns that nobody reads."""
    remarks: tuple[str, ...]
    """How the file was read where it does not say itself, and what is odd about it as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """A catalogue as it was read, and what to look at in it."""

    catalogue: LoadedCatalogue
    look_alikes: tuple[tuple[str, ...], ...]
    """Ids that differ in case, spaces or invisible letters alone."""
    same_titles: tuple[tuple[str, ...], ...]
    """Ids of films of one name and year, series of one name, episodes of one number; of what has
    names in several languages, the same ones in any order."""
    viewings: LogSummary | None
    lifted_words: tuple[LiftedWord, ...]
    """Known as sensitive, and not so to the operator's mapping."""

    @property
    def kinds(self) -> Mapping[str, int]:
        """How many titles of each kind."""
        return _counted(title.kind for title in self.catalogue.titles)

    @property
    def ages(self) -> Mapping[str, int]:
        """How many titles of each age, youngest first; ``unknown`` cannot be read."""
        ages = Counter(title.age_rating for title in self.catalogue.titles)
        return {_age_name(age): ages[age] for age in sorted(ages)}

    @property
    def series(self) -> int:
        """How many series have an episode or an entry of their own."""
        of_episodes = {title.series_id for title in self.catalogue.titles if title.series_id}
        return len(
            of_episodes
            | {title.entity_id for title in self.catalogue.titles if title.kind == "series"}
        )

    @property
    def entries(self) -> int:
        """How many the file holds: titles, other mentions of them, and what was left out."""
        left_out = sum(each.count for each in self.catalogue.left_out)
        return len(self.catalogue.titles) + self.catalogue.merged + left_out

    def as_json(self) -> dict[str, object]:
        """Return all of it, each title as it was read."""
        known = self.catalogue
        return {
            "titles": [
                _title_json(title, known.metadata.get(title.entity_id, Metadata()))
                for title in known.titles
            ],
            "entries": self.entries,
            "merged": known.merged,
            "kinds": self.kinds,
            "series": self.series,
            "ages": self.ages,
            "languages": known.languages,
            "left_out": [asdict(each) for each in known.left_out],
            "ignored": [asdict(each) for each in known.ignored],
            "look_alikes": self.look_alikes,
            "same_titles": self.same_titles,
            "lifted_words": msgspec.to_builtins(self.lifted_words),
            "viewings": None if self.viewings is None else asdict(self.viewings),
        }


def understand(
    catalogue: Path,
    ratings: Path | None = None,
    *,
    mapping: GenreMapping = NO_MAPPING,
    strict: bool = False,
) -> Understanding:
    """Read a catalogue, and a log of viewings of its titles, as training would.

    Args:
        catalogue: what there is to watch.
        ratings: viewings of it.
        mapping: what genre words mean to its operator.
        strict: refuse a guide or document with an entry that cannot be a title.

    Raises:
        InputError: what is wrong, where, and the way out.

    """
    loaded = load_catalogue(catalogue, strict=strict)
    return Understanding(
        catalogue=loaded,
        look_alikes=_groups((_skeleton(title.entity_id), title) for title in loaded.titles),
        same_titles=_same_titles(loaded),
        lifted_words=mapping.lifted_words(topic_words(loaded.titles, loaded.metadata)),
        viewings=None if ratings is None else _viewings(ratings, loaded),
    )


def _viewings(ratings: Path, loaded: LoadedCatalogue) -> LogSummary:
    log = load_log(ratings, loaded, skip_unknown=True)
    read, unknown, ignored = len(log.items), Tally(), Tally()
    if not ratings.is_dir() or is_parquet(ratings):
        known, read = {title.entity_id for title in loaded.titles}, 0
        alike = {_skeleton(item): item for item in known}
        for batch in read_table(ratings, required=("user", "item", "timestamp")):
            read += len(batch.numbers)
            free = set(READ) - set(batch.columns)
            for column in sorted(set(batch.columns) - set(READ)):
                ignored.add(unread(column, free), batch.place(0), count=len(batch.numbers))
            for row, item in enumerate(batch.columns["item"]):
                written = str(item).strip()
                if written not in known:
                    like = alike.get(_skeleton(written))
                    reason = "not in the catalogue" + ("" if like is None else _LOOKS_ALIKE)
                    shown = written if like is None else f"{written!a}, there it is {like!a}"
                    unknown.add(reason, f"{batch.place(row)}: {shown}")
    return LogSummary(
        read=read,
        counted=len(log.items),
        people=log.user_count,
        watched_titles=len(set(log.items.tolist())),
        unknown_items=unknown.omissions(),
        ignored=ignored.omissions(),
        remarks=log_remarks(log),
    )


def _groups(named: Iterator[tuple[str, Title]]) -> tuple[tuple[str, ...], ...]:
    """Return the ids of titles that share a name, two or more of them."""
    groups: dict[str, list[str]] = {}
    for name, title in named:
        groups.setdefault(name, []).append(title.entity_id)
    return tuple(tuple(ids) for ids in groups.values() if len(ids) > 1)


def _same_titles(loaded: LoadedCatalogue) -> tuple[tuple[str, ...], ...]:
    by_name = _groups((_meant(title), title) for title in loaded.titles)
    translated = _groups(
        (_in_all_languages(title, loaded), title)
        for title in loaded.titles
        if title.entity_id in loaded.other_names
    )
    return tuple(dict.fromkeys((*by_name, *translated)))


def _in_all_languages(title: Title, loaded: LoadedCatalogue) -> str:
    """Return what two ids have in common whose names stand in another order of languages."""
    series = loaded.metadata.get(title.entity_id, NOTHING_KNOWN).series
    own = title.title if title.episode is None else series or title.title
    names = sorted({*map(folded, loaded.other_names[title.entity_id]), folded(own)})
    year = title.year if title.kind == "film" else ""
    return "\n".join(map(str, (title.kind, year, title.season, title.episode, *names)))


def _meant(title: Title) -> str:
    """Return what two ids of one title have in common."""
    if title.kind == "episode" and title.series_id and title.episode is not None:
        return f"{title.series_id}\n{title.season}\n{title.episode}"
    year = title.year if title.kind == "film" else ""
    return f"{title.kind}\n{folded(title.title)}\n{year}\n{title.series_id or ''}"


def _skeleton(item: str) -> str:
    """Return what is left of an id when what people cannot see or tell apart is taken away."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", item)).casefold()


def _counted(values: Iterator[str]) -> Mapping[str, int]:
    return dict(sorted(Counter(values).items()))


def _age_name(age: int) -> str:
    return "unknown" if age == UNKNOWN_AGE else str(age)


def _title_json(title: Title, more: Metadata) -> dict[str, object]:
    return {
        "item": title.entity_id,
        "kind": title.kind,
        "title": title.title,
        "series": more.series or None,
        "series_id": title.series_id,
        "season": title.season,
        "episode": title.episode,
        "year": title.year,
        "age_rating": "unknown" if title.age_rating == UNKNOWN_AGE else title.age_rating,
        "run_minutes": title.run_minutes,
        "genres": title.genres,
        "people": more.people,
        "keywords": more.keywords,
        "franchise": title.franchise,
        "available_until": title.available_until,
        "entitlements": title.entitlements,
        "description": more.description or None,
    }
