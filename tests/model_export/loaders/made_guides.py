"""Guides as grabbers write them, together with what is true of every title in them.

One programme in so many is broken, in one way after the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path

import numpy as np

from tests.model_export.loaders.guide_grabbers import NUMBERS, Grabber

__all__ = ["TrueTitle", "Truth", "write_guide"]

_BROADCASTS = 3
"""Of each title, on average."""
_BYTE = "\ue000"
"""Stands for a byte that is no UTF-8 until the guide is encoded."""
_BODY = """  <programme start="{start}" stop="{stop}" channel="{channel}">
    <title lang="{language}">{name}</title>
{inside}  </programme>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueTitle:
    """What is true of a title; the ages of its broadcasts are gathered."""

    item: str
    kind: str
    name: str
    series: str | None = None
    season: int | None = None
    episode: int | None = None
    year: int | None = None
    minutes: int | None = None
    genre: int = 0
    """Which of the grabber's genres."""
    topics: frozenset[str] = frozenset()
    people: tuple[str, ...] = ()
    ages: frozenset[int] = frozenset()


@dataclass(slots=True, kw_only=True)
class Truth:
    """What is true of a guide."""

    entries: int = 0
    titles: dict[str, TrueTitle] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)

    def add(self, title: TrueTitle) -> None:
        known = self.titles.get(title.item, title)
        self.titles[title.item] = replace(known, ages=known.ages | title.ages)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Broadcast:
    """One programme: its title, and its elements as they are written."""

    title: TrueTitle
    name: str
    elements: tuple[str, ...]


def write_guide(
    path: Path,
    grabber: Grabber,
    *,
    programmes: int,
    titles_drawn: int | None = None,
    broken_every: int = 1000,
    seed: int = 0,
) -> Truth:
    """Write a guide and return what is true of it."""
    rng = np.random.default_rng(seed)
    drawn = titles_drawn or programmes // _BROADCASTS
    titles = [_broadcast(grabber, number, rng) for number in range(drawn)]
    order = rng.integers(len(titles), size=programmes)  # the same for every grabber
    truth = Truth(entries=programmes)
    breakages = _breakages(grabber)
    with path.open("wb") as guide:
        guide.write(grabber.begins + _encoded(_head(grabber), grabber))
        for number in range(programmes):
            broadcast = titles[order[number]]
            if number % broken_every == broken_every // 2:
                breakage = breakages[number // broken_every % len(breakages)]
                text = breakage(_written(grabber, broadcast, number), broadcast.title, truth)
            else:
                system, written, age = grabber.ages[int(rng.integers(len(grabber.ages)))]
                rating = f'<rating system="{system}"><value>{written}</value></rating>'
                text = _written(grabber, broadcast, number, rating)
                truth.add(replace(broadcast.title, ages=frozenset({age})))
            guide.write(_encoded(text, grabber))
        guide.write(_encoded("</tv>\n", grabber))
    return truth


def _head(grabber: Grabber) -> str:
    return (
        f'<?xml version="1.0" encoding="{grabber.encoding}"?>\n<!DOCTYPE tv SYSTEM "xmltv.dtd">\n'
        f"<!-- <programme><title>no programme</title></programme> -->\n"
        f'<tv generator-info-name="tv_grab_{grabber.country}">\n'
        '  <channel id="1.example"><display-name>Kanal 1 &amp; 2</display-name></channel>\n'
    )


def _encoded(text: str, grabber: Grabber) -> bytes:
    codec = {"utf-16": "utf-16-le"}.get(grabber.encoding, grabber.encoding)
    return text.encode(codec, "xmlcharrefreplace").replace(_BYTE.encode(), b"\xe9")


def _written(grabber: Grabber, broadcast: _Broadcast, number: int, *more: str) -> str:
    hour = number % 23
    inside = "".join(f"    {each}\n" for each in (*broadcast.elements, *more))
    return _BODY.format(
        start=f"202601{number % 28 + 1:02}{hour:02}0000 +0100",
        stop=f"202601{number % 28 + 1:02}{hour + 1:02}0000 +0100",
        channel=f"{number % 40}.example",
        language=grabber.language,
        name=escape(broadcast.name),
        inside=inside,
    )


def _broadcast(grabber: Grabber, number: int, rng: np.random.Generator) -> _Broadcast:
    """Draw a title; films, numbered episodes, named ones, shows and odd numbers take turns."""
    first, second = (words.split() for words in grabber.names)
    kind = number % 8
    series = number // 40 if kind in (1, 2, 3, 4) else number
    name = f"{first[series % 4]} {second[series // 4 % 4]} {series}{'fsnn'[kind % 4]}"
    genre = series % len(grabber.genre_topics)
    word, topic = grabber.genre_topics[genre]
    people = tuple(f"{name} {int(rng.integers(200))}" for name in ("Ann Bö", "Cy Dæ"))
    year = 1950 + number % 75
    minutes = 20 + number % 140
    title = TrueTitle(
        item=name, kind="film", name=name, year=year, minutes=minutes, people=people,
        genre=genre, topics=frozenset({topic} if topic else ()),
    )  # fmt: skip
    make = (_film, _numbered, _numbered, _numbered, _numbered, _named, _show, _odd)[kind]
    title, elements = make(grabber, title, number)
    return _Broadcast(
        title=title, name=name, elements=(*elements, *_facts(grabber, title, word)),
    )  # fmt: skip


def _film(grabber: Grabber, title: TrueTitle, number: int) -> tuple[TrueTitle, tuple[str, ...]]:
    category = f"<category>{grabber.film}</category>"
    if number % 3 == 0:
        film = f"MV{number:08}.0000"
        elements = (f"<sub-title>Teil: {number}</sub-title>", _number("dd_progid", film), category)
        return replace(title, item=film, name=f"{title.name}: Teil: {number}"), elements
    note = f"<sub-title>{grabber.film}, {title.year}</sub-title>"
    title = replace(title, item=f"{title.name} ({title.year})")
    return title, (note, category) if number % 3 == 1 else (category,)


def _numbered(grabber: Grabber, title: TrueTitle, number: int) -> tuple[TrueTitle, tuple[str, ...]]:
    season = 2019 if number % 5 == 0 else 1 + number % 7
    episode = 1 + number % 40
    spelling = grabber.numbers[number % len(grabber.numbers)]
    numbers = tuple(_number(*each) for each in NUMBERS[spelling](season, episode))
    told = replace(
        title, kind="episode", series=title.name, season=season, episode=episode,
        item=f"{title.name} S{season:02}E{episode:02}",
    )  # fmt: skip
    if number % 4 == 0:
        own = f"EP{number:08}.{episode:04}"
        told, numbers = replace(told, item=own), (*numbers, _number("dd_progid", own))
    if number % 4 == 1:
        numbers = (*numbers, _number("thetvdb.com", f"series/{number // 40}"))
    return told, (*numbers, f"<category>{grabber.series}</category>")


def _named(grabber: Grabber, title: TrueTitle, number: int) -> tuple[TrueTitle, tuple[str, ...]]:
    told = f"{title.name}: Ebbe {number}"
    title = replace(title, kind="episode", series=title.name, item=told, name=told)
    sub_title = f"<sub-title>Ebbe {number}</sub-title>"
    return title, (sub_title, f"<category>{grabber.series}</category>")


def _show(grabber: Grabber, title: TrueTitle, number: int) -> tuple[TrueTitle, tuple[str, ...]]:
    elements = (f"<category>{grabber.series}</category>", "<episode-num>. .</episode-num>")
    return replace(title, kind="series"), elements if number % 2 else elements[:1]


def _odd(grabber: Grabber, title: TrueTitle, number: int) -> tuple[TrueTitle, tuple[str, ...]]:
    """Write a number that nobody can read beside a film's category: an episode all the same."""
    odd = f"II-{number}/b-c"
    title = replace(title, kind="episode", series=title.name, item=f"{title.name} ({odd})")
    return title, (_number("onscreen", odd), f"<category>{grabber.film}</category>")


def _number(system: str, text: str) -> str:
    return f'<episode-num system="{system}">{text}</episode-num>'


def _facts(grabber: Grabber, title: TrueTitle, word: str) -> Iterator[str]:
    director, actor = title.people
    unit, each = grabber.length
    length = f"{(title.minutes or 0) * each}" if each else f"{(title.minutes or 0) / 60:.4f}"
    yield f'<desc lang="{grabber.language}">{escape("Zwei Leute & ein Tisch. ") * 5}</desc>'
    yield (
        f'<credits><director>{director}</director><actor role="Ärztin">{actor}'
        '<image type="person">https://img.example/a.jpg</image></actor></credits>'
    )
    yield f"<date>{grabber.year.format(year=title.year)}</date>"
    yield f'<category lang="{grabber.language}">{escape(word)}</category>'
    yield f'<length units="{unit}">{length}</length>'
    yield "<star-rating><value>3/5</value></star-rating>"


_Breakage = Callable[[str, TrueTitle, Truth], str]


def _breakages(grabber: Grabber) -> list[_Breakage]:
    """Return what may be wrong with a programme, and note what is true of it then."""

    def lost(reason: str, change: Callable[[str], str]) -> _Breakage:
        def broken(text: str, _: TrueTitle, truth: Truth) -> str:
            truth.left_out[reason] += 1
            return change(text)

        return broken

    def kept(mended: str, change: Callable[[str], str]) -> _Breakage:
        def broken(text: str, title: TrueTitle, truth: Truth) -> str:
            truth.add(title)
            if mended:
                truth.mended[mended] += 1
            return change(text)

        return broken

    def without(begin: str, end: str, instead: str = "") -> Callable[[str], str]:
        def change(text: str) -> str:
            head, tail = text.split(begin, 1)
            return f"{head}{instead}{tail.split(end, 1)[1]}"

        return change

    byte = "bytes of another encoding: read as Windows-1252"
    found = [
        lost("nothing in field 'title'", without("<title", "</title>")),
        kept("", without(' start="', '"')),
        lost("broken XML: mismatched tag", lambda text: text.replace("</desc>", "</b></desc>")),
        kept("control characters", lambda text: text.replace("</title>", "\x08</title>")),
        kept("", without(' start="', '"', ' start="31.13.26 25:61"')),
        lost("longer than 1,000,000 characters", lambda text: text.replace("Zwei", "Z" * 10**6, 1)),
        kept("", without(' stop="', '"', ' stop="20010101000000"')),
        lost("another begins before it ends", lambda text: text.replace("</programme>", "")),
        kept("a run_minutes that is not a whole number, 1-1440",
             without("<length", "</length>", "<length>lang</length>")),
        lost("broken XML: not well-formed (invalid token)",
             lambda text: text.replace("<title", "<title>A & B</title><title", 1)),
        kept(byte, lambda text: text.replace("Zwei", f"Zw{_BYTE}i", 1)),
        lost("nothing in field 'title'", without("<title", "</title>", "<title> </title>")),
        kept("", lambda text: text.replace("</desc>", f"{'<b>' * 999}{'</b>' * 999}</desc>")),
    ]  # fmt: skip
    if grabber.encoding != "utf-8":  # every byte is a character there
        found.pop(10)
    return found
