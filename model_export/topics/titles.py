"""One title, as genres, topics and words that are not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from edgeagent.messages import Title
from model_export.topics.lookup import genres_of, sensitive_genres_of
from model_export.topics.mapping import GenreMapping, topics_of
from model_export.topics.tables import FORMAT, genres

__all__ = ["TitleTopics", "UnknownWord", "labels_of", "title_topics", "unknown_words"]

_EXAMPLES = 3
_TRUE_CRIME = frozenset({"crime", "documentary"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleTopics:
    """What one title is about."""

    labels: tuple[str, ...]
    """Its genres as the closed list calls them; words that are not known as written."""
    genres: tuple[str, ...]
    topics: frozenset[str]
    """The sensitive ones."""
    unknown: tuple[str, ...]
    """Words that are not known."""

    @property
    def is_known(self) -> bool:
        """Whether all that is said is understood, and says what the title is about."""
        return not self.unknown and bool(self.genres or self.topics)


def labels_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return what the closed list calls genres."""
    return tuple(genres()[name].label for name in names)


def title_topics(title: Title, keywords: Collection[str], mapping: GenreMapping) -> TitleTopics:
    """Return what a title is about; keywords add topics, they need not be known."""
    labels: list[str] = []
    found: list[str] = []
    topics: set[str] = set()
    unknown: list[str] = []
    for word in title.genres:
        mapped = mapping.get(word)
        meant = genres_of(word) if mapped is None else mapped.genres
        if mapped is not None:
            topics |= mapped.topics
            meant = tuple(genre for genre in mapped.genres if genre != FORMAT)
            labels += [] if mapped.genres else [word]
        if meant is None:
            unknown.append(word)
            labels.append(word)
            continue
        found += meant
        labels += labels_of(meant)
    for word in keywords:
        mapped = mapping.get(word)
        topics |= topics_of(sensitive_genres_of(word)) if mapped is None else mapped.topics
    if set(found) >= _TRUE_CRIME:
        topics.add("law")
    return TitleTopics(
        labels=tuple(dict.fromkeys(labels)),
        genres=tuple(dict.fromkeys(found)),
        topics=frozenset(topics) | topics_of(tuple(found)),
        unknown=tuple(unknown),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownWord:
    """A genre word without a known meaning."""

    word: str
    """Blank for titles that have no genre word about their topic."""
    count: int
    """Of titles."""
    examples: tuple[str, ...]


def unknown_words(titles: Iterable[Title], mapping: GenreMapping) -> tuple[UnknownWord, ...]:
    """Return the words that keep titles from being known, the most frequent first."""
    counts: Counter[str] = Counter()
    examples: dict[str, list[str]] = {}
    for title in titles:
        about = title_topics(title, (), mapping)
        words = about.unknown or (() if about.is_known else ("",))
        for word in words:
            counts[word] += 1
            shown = examples.setdefault(word, [])
            if len(shown) < _EXAMPLES:
                shown.append(title.title)
    return tuple(
        UnknownWord(word=word, count=count, examples=tuple(examples[word]))
        for word, count in counts.most_common()
    )
