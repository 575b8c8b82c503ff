"""The operator's own words: a CSV with ``word``, ``genre`` and ``topics``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edgeagent.errors import InputError
from edgeagent.messages.manifest import LABEL_TEXT_LETTERS, MOST_LIFTED_WORDS, LiftedWord
from edgeagent.regular_file import read_regular
from model_export.spelling import folded
from model_export.topics.lookup import genres_of, sensitive_genres_of
from model_export.topics.tables import TOPICS, genres

__all__ = ["NO_MAPPING", "GenreMapping", "MappedWord", "load_mapping", "topics_of"]

_CAP_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedWord:
    """What one word of a catalogue means to its operator."""

    genres: tuple[str, ...]
    topics: frozenset[str]
    lifted: frozenset[str] = frozenset()
    """Sensitive topics that the tables give it and the operator does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenreMapping:
    """Words by their folded spelling; these go before the tables."""

    words: Mapping[str, MappedWord] = field(default_factory=dict)

    def get(self, word: str) -> MappedWord | None:
        """Return what a word was mapped to."""
        return self.words.get(folded(word))

    def lifted_words(self, words: Iterable[str]) -> tuple[LiftedWord, ...]:
        """Return those of a catalogue's words that this mapping calls less sensitive, in order."""
        found = {folded(word) for word in words} & self.words.keys()
        return tuple(
            LiftedWord(
                word=word[:LABEL_TEXT_LETTERS], topics=tuple(sorted(self.words[word].lifted))
            )
            for word in sorted(found)
            if self.words[word].lifted
        )


NO_MAPPING = GenreMapping()


def topics_of(names: tuple[str, ...]) -> frozenset[str]:
    """Return the sensitive topics of genres."""
    return frozenset(topic for name in names for topic in genres()[name].topics)


def load_mapping(path: Path) -> GenreMapping:
    """Read a mapping.

    A word gets the topics of its genre and those that stand beside it. One that loses a topic which
    the tables give it is *lifted*: the manifest of the model lists it.

    Raises:
        InputError: it cannot be read, names a genre or topic that there is not, or lifts more words
            than a manifest lists.

    """
    try:
        text = read_regular(path, cap_bytes=_CAP_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}", hint="give a CSV in UTF-8") from error
    reader = csv.DictReader(io.StringIO(text))
    if not {"word", "genre"} <= set(reader.fieldnames or ()):
        raise InputError(
            f"{path} lacks a column word or genre", hint="its first line is: word,genre,topics"
        )
    words: dict[str, MappedWord] = {}
    for row in reader:
        place = f"{path}, line {reader.line_num}"
        word = folded(row["word"] or "")
        if not word:
            raise InputError(f"{place}: no word", hint="remove the line")
        meant = _listed(row["genre"], tuple(genres()), "genre", place)
        topics = topics_of(meant) | set(_listed(row.get("topics"), TOPICS, "topic", place))
        if not meant and not topics:
            raise InputError(
                f"{place}: {word!r} has neither genre nor topics",
                hint="name a genre; format, where the word says nothing of what a title is about",
            )
        lifted = topics_of(genres_of(word) or sensitive_genres_of(word)) - topics
        words[word] = MappedWord(genres=meant, topics=frozenset(topics), lifted=lifted)
    if sum(bool(mapped.lifted) for mapped in words.values()) > MOST_LIFTED_WORDS:
        raise InputError(
            f"{path} takes sensitive topics from more than {MOST_LIFTED_WORDS} words",
            hint="add their topics; a word that is lifted is listed in the manifest of the model",
        )
    return GenreMapping(words=words)


def _listed(value: str | None, known: tuple[str, ...], what: str, place: str) -> tuple[str, ...]:
    listed = tuple((value or "").replace("|", " ").replace(",", " ").split())
    for each in listed:
        if each not in known:
            raise InputError(
                f"{place}: there is no {what} {each!r}", hint=f"choose of: {', '.join(known)}"
            )
    return listed
