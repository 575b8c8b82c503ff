"""Draws titles that read like titles, no two alike."""

from __future__ import annotations

import re

import numpy as np

from model_export.synthetic.lexicon import EPISODES, LEXICA, NAMES, NUMBERS, PLACES, Lexicon

__all__ = ["TitleWriter"]

_SLOT = re.compile(r"\{(\w+)\}(s?)")
_TRIES = 12
"""After so many collisions a title grows a second part; that space never runs out."""


class TitleWriter:
    """Invents titles from one random stream and remembers what it has used."""

    def __init__(self, rng: np.random.Generator) -> None:
        """Draw from ``rng``."""
        self._rng = rng
        self._used: set[str] = set()

    def film(self, genre: str) -> str:
        """Return a new title for a film of this genre."""
        lexicon = LEXICA[genre]
        return self._distinct(lexicon, lexicon.films)

    def series(self, genre: str) -> str:
        """Return a new title for a series of this genre."""
        lexicon = LEXICA[genre]
        return self._distinct(lexicon, lexicon.series)

    def episode(self, series_title: str) -> str:
        """Return a new title for an episode, after the title of its series."""
        return self._distinct(EPISODES, EPISODES.films, before=f"{series_title}: ")

    def _distinct(self, lexicon: Lexicon, patterns: tuple[str, ...], *, before: str = "") -> str:
        for _ in range(_TRIES):
            title = before + self._fill(lexicon, patterns)
            if title.casefold() not in self._used:
                break
        while title.casefold() in self._used:
            title = f"{title}, {self._one(PLACES)}"
        self._used.add(title.casefold())
        return title

    def _fill(self, lexicon: Lexicon, patterns: tuple[str, ...]) -> str:
        words = {
            "quality": lexicon.qualities,
            "thing": lexicon.things,
            "name": NAMES,
            "place": PLACES,
            "number": NUMBERS,
        }
        taken: set[str] = set()

        def draw(slot: re.Match[str]) -> str:
            word = self._one(words[slot[1]])
            while word in taken:  # "Serenade and Serenade" is no title
                word = self._one(words[slot[1]])
            taken.add(word)
            return _plural(word) if slot[2] else word

        title = _SLOT.sub(draw, self._one(patterns))
        title = re.sub(r"\bA (?=[AEIOU])", "An ", title)
        title = re.sub(r"\b([Tt])he the\b", r"\1he", title)
        return title[0].upper() + title[1:]

    def _one(self, words: tuple[str, ...]) -> str:
        return words[int(self._rng.integers(len(words)))]


def _plural(word: str) -> str:
    if re.search(r"(s|x|ch|sh)$", word):
        return word + "es"
    return re.sub(r"(?<=[^aeiou])y$", "ie", word) + "s"
