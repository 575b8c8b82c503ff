"""Numbers of seasons and episodes, however a guide spells them.

``xmltv_ns`` counts from 0 and has a form of its own; everything else is written for people:
``S02E07``, ``S1 Ep4``, ``2x05``, ``Staffel 1, Folge 12``, ``1. Sezon 4. Bölüm``, ``E37``, ``3/8``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

__all__ = ["EpisodeNumber", "episode_number", "stated_number"]

_MOST_SEASON, _MOST_EPISODE = 9999, 100_000
_SEASON = (
    "season series staffel saison temporada stagione seizoen sezon sezonul seria serie sasong "
    "sesong sæson kausi сезон temp stag staf ser sz st sn se s t"
)
_EPISODE = (
    "episode episodio epizod episod epizoda folge teil part capitulo chapter kapitel aflevering "
    "odcinek avsnitt afsnit bolum puntata jakso серия эпизод выпуск del eps epi ep odc afl avs "
    "cap bol flg fol pt nr no e f"
)
"""Of XMLTV guides in twelve languages, without accents; longest first, or ``s`` would hide
``season``."""
_S, _E = ("|".join(sorted(words.split(), key=len, reverse=True)) for words in (_SEASON, _EPISODE))
_LONG_SEASON = "season|series|staffel|saison|temporada|stagione|seizoen|sezon|sasong"
_BEFORE = r"(?:(?<![^\W\d_])|(?<=\dx))"
"""A word begins here: not within another, but after a digit, as in ``2E7`` and ``T02xE07``."""
_GAP = r"[\s.:#_-]*"
_COUNTED = r"(?:\.|st|nd|rd|th|a|o|e|re|er)?\s*"
"""After a number that stands before its word: ``1. Staffel``, ``2nd season``, ``3ª temporada``."""
_SEASON_FIRST = re.compile(rf"{_BEFORE}(?:{_S}){_GAP}(\d{{1,4}})(?!\d)")
_EPISODE_FIRST = re.compile(rf"(?:{_BEFORE}(?:{_E}){_GAP}|#\s*)(\d{{1,6}})(?!\d)")
_NUMBERS_FIRST = re.compile(
    rf"(?<!\d)(\d{{1,4}}){_COUNTED}(?:{_S})\W+(\d{{1,6}}){_COUNTED}(?:{_E})(?![^\W\d_])"
)
_EPISODE_LAST = re.compile(
    rf"(?<!\d)(\d{{1,6}}){_COUNTED}(?:{_E})(?![^\W\d_])|第\s*(\d+)\s*[話回集]"
)
_SEASON_LAST = re.compile(rf"(?<!\d)(\d{{1,4}}){_COUNTED}(?:{_S})(?![^\W\d_])|第\s*(\d+)\s*[季期]")
_CROSS = re.compile(r"(?<!\d)(\d{1,4})\s*x\s*(\d{1,6})(?!\d)")
_ROMAN = "i|ii|iii|iv|v|vi|vii|viii|ix|x|xi|xii|xiii|xiv|xv|xvi|xvii|xviii|xix|xx"
_ROMAN_SEASON = re.compile(
    rf"(?<![^\W\d_])({_LONG_SEASON})\s+({_ROMAN})(?=[\s,.:/-]*(?:{_E}){_GAP}\d|$)"
)
"""``Season III Episode 4``, and nothing else behind it: ``Series X Files`` counts none."""
_BARE = re.compile(r"\(?(\d{1,6})(?:\s*(?:/|of|von|de|di|van|z|av|sur|\()\s*\d+\)?)?\)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeNumber:
    """Where an episode stands in its series; what is not said is ``None``."""

    season: int | None = None
    episode: int | None = None

    def filled_from(self, other: EpisodeNumber) -> EpisodeNumber:
        """Return this number, its gaps filled."""
        return EpisodeNumber(
            season=other.season if self.season is None else self.season,
            episode=other.episode if self.episode is None else self.episode,
        )


def episode_number(text: str, system: str = "") -> EpisodeNumber | None:
    """Return what an ``episode-num`` says; ``None`` where it cannot be read.

    >>> episode_number("1 . 2/10 .", "xmltv_ns")
    EpisodeNumber(season=2, episode=3)
    >>> episode_number("Staffel 1, Folge 12")
    EpisodeNumber(season=1, episode=12)
    """
    line = _plain(text)
    system = system.casefold()
    if system == "xmltv_ns" and re.fullmatch(r"[\d\s./-]*", line):
        found = _counted_from_zero(line)
    elif system in ("season", "episode") and (bare := _BARE.fullmatch(line)):
        found = _within(**{system: int(bare[1])})
    else:
        found = _for_people(line)
    return None if found == EpisodeNumber() else found


def stated_number(text: str) -> EpisodeNumber | None:
    """Return the number in a name that says nothing else at its beginning: ``Series 4, Episode 8``.

    ``Part of the Plan 9`` and ``S.W.A.T. 2`` are names.
    """
    line = _plain(text)
    pair = re.match(
        rf"(?:{_S}){_GAP}\d{{1,4}}[\s,.:/-]*(?:{_E}){_GAP}\d+(?!\d)|\d+x\d+(?!\d)", line
    )
    alone = re.fullmatch(rf"(?:{_E}){_GAP}\d{{1,6}}(?:\s*(?:/|of|von|de|di)\s*\d+)?", line)
    found = pair or alone
    return episode_number(found[0]) if found else None


def _plain(text: str) -> str:
    """Return lower case without accents; digits of any script as ours."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    line = "".join(each for each in apart if not unicodedata.combining(each)).strip()
    return _ROMAN_SEASON.sub(lambda found: f"{found[1]} {_roman(found[2])}", line)


def _roman(number: str) -> int:
    return _ROMAN.split("|").index(number) + 1


def _counted_from_zero(line: str) -> EpisodeNumber:
    """Read ``season.episode.part``: each may be empty, or say of how many, as ``2/10``."""
    numbers = [re.match(r"\s*(-?\d{1,6})(?!\d)", part) for part in line.split(".")]
    season, episode, *_ = [*(int(each[1]) + 1 if each else None for each in numbers), None, None]
    return _within(season=season, episode=episode)


def _for_people(line: str) -> EpisodeNumber:
    if both := _NUMBERS_FIRST.search(line) or _CROSS.search(line):
        return _within(season=int(both[1]), episode=int(both[2]))
    season = _SEASON_FIRST.search(line) or _SEASON_LAST.search(line)
    episode = _EPISODE_FIRST.search(line) or _EPISODE_LAST.search(line)
    if episode is None:  # "12", or "Series 2 (3/8)": what is left is a number and maybe a total
        left = line if season is None else f"{line[: season.start()]} {line[season.end() :]}"
        episode = _BARE.fullmatch(left.strip(" ,.:;-"))
    return _within(season=_first(season), episode=_first(episode))


def _first(found: re.Match[str] | None) -> int | None:
    return None if found is None else next(int(each) for each in found.groups() if each)


def _within(*, season: int | None = None, episode: int | None = None) -> EpisodeNumber:
    return EpisodeNumber(
        season=season if season is not None and 0 <= season <= _MOST_SEASON else None,
        episode=episode if episode is not None and 0 <= episode <= _MOST_EPISODE else None,
    )
