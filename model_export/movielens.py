"""Loading MovieLens: the CSV form (ratings.csv, movies.csv) and the older ``::`` form (*.dat)."""

from __future__ import annotations

import csv
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgeagent.errors import InputError
from edgeagent.messages import Title
from model_export.log import WatchLog

__all__ = ["load_movielens"]

_YEAR = re.compile(r"\s*\((?P<year>\d{4})(?:[-–]\d{0,4})?\)\s*$")
_ARTICLE = re.compile(r"^(?P<rest>.+), (?P<article>The|A|An|La|Le|Les|L'|Il|El|Das|Der|Die)$")
_NO_GENRES = "(no genres listed)"
_LONGEST_TITLE = 200
_YEARS = range(1870, 2201)
_TIMES = range(253_402_300_800)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """One of the two ways MovieLens is distributed."""

    ratings: str
    movies: str
    encoding: str
    has_header: bool

    def rows(self, path: Path) -> Iterator[tuple[int, list[str]]]:
        """Yield line number and fields of each line after the header."""
        with path.open(encoding=self.encoding, newline="") as lines:
            if not self.has_header:
                for number, line in enumerate(lines, start=1):
                    yield number, line.rstrip("\r\n").split("::")
                return
            reader = csv.reader(lines)
            next(reader, None)
            for fields in reader:
                yield reader.line_num, fields


_FORMS = (
    _Form(ratings="ratings.csv", movies="movies.csv", encoding="utf-8", has_header=True),
    _Form(ratings="ratings.dat", movies="movies.dat", encoding="latin-1", has_header=False),
)


def load_movielens(directory: Path, *, least_events: int = 1) -> WatchLog:
    """Load a MovieLens directory; a rating, whatever its value, is one complete viewing.

    Args:
        directory: holds ratings and movies in either form.
        least_events: people with fewer ratings are left out.

    Raises:
        InputError: neither form is there, a line is not what it should be (file, line, what was
            expected), or nothing is left.

    """
    form = _form_of(directory)
    titles, index = _read_titles(directory / form.movies, form)
    users, items, times = _read_ratings(directory / form.ratings, form, index)
    people, dense, counts = np.unique(users, return_inverse=True, return_counts=True)
    kept = counts[dense] >= least_events
    if not kept.any():
        raise InputError(
            f"{directory / form.ratings}: no ratings are left of {len(users)}, by {len(people)} "
            f"people with at least {least_events} each asked for",
            hint="use a larger MovieLens set",
        )
    _, dense = np.unique(dense[kept], return_inverse=True)
    items, times = items[kept], times[kept]
    order = np.lexsort((items, dense, times))
    return WatchLog(
        titles=titles,
        users=dense[order].astype(np.int64),
        items=items[order],
        watched_on=times[order],
        completion=np.ones(len(order), dtype=np.float32),
        user_count=int(dense.max()) + 1,
    )


def _form_of(directory: Path) -> _Form:
    if not directory.is_dir():
        raise InputError(
            f"{directory}: no such directory", hint="--ratings names an unpacked MovieLens set"
        )
    for form in _FORMS:
        present = [(directory / name).is_file() for name in (form.ratings, form.movies)]
        if all(present):
            return form
        if any(present):
            missing = form.movies if present[0] else form.ratings
            raise InputError(
                f"{directory / missing}: missing",
                hint=f"{form.ratings} and {form.movies} belong together; unpack the set again",
            )
    raise InputError(
        f"{directory}: holds neither ratings.csv and movies.csv nor ratings.dat and movies.dat",
        hint="--ratings names an unpacked MovieLens set",
    )


def _read_titles(path: Path, form: _Form) -> tuple[tuple[Title, ...], dict[int, int]]:
    titles: list[Title] = []
    index: dict[int, int] = {}
    for number, fields in _guarded(path, form):
        expected = "movie id, title and genres"
        if len(fields) != 3:  # noqa: PLR2004  (the three that are expected)
            raise _unexpected(path, number, expected, fields)
        movie = _whole(path, number, fields[0], "a movie id")
        if movie in index:
            raise _unexpected(path, number, "a movie id that is new", fields)
        index[movie] = len(titles)
        titles.append(_title(movie, fields[1], fields[2]))
    if not titles:
        raise InputError(f"{path}: no titles in it", hint="unpack the MovieLens set again")
    return tuple(titles), index


def _read_ratings(
    path: Path, form: _Form, index: dict[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    users, items, times = array("q"), array("q"), array("q")
    for number, fields in _guarded(path, form):
        if len(fields) != 4:  # noqa: PLR2004  (the four that are expected)
            raise _unexpected(path, number, "user, movie, rating and time", fields)
        try:
            user, movie, time = int(fields[0]), int(fields[1]), int(fields[3])
            float(fields[2])
        except ValueError:
            raise _unexpected(path, number, "four numbers", fields) from None
        if movie not in index:
            raise _unexpected(path, number, f"a movie id that {form.movies} holds", fields)
        if time not in _TIMES:
            raise _unexpected(path, number, "a time in seconds since 1970", fields)
        users.append(user)
        items.append(index[movie])
        times.append(time)
    if not users:
        raise InputError(f"{path}: no ratings in it", hint="unpack the MovieLens set again")
    return (
        np.frombuffer(users, dtype=np.int64),
        np.frombuffer(items, dtype=np.int64),
        np.frombuffer(times, dtype=np.int64),
    )


def _guarded(path: Path, form: _Form) -> Iterator[tuple[int, list[str]]]:
    """Yield rows, and say what is wrong with a file that cannot be read to its end."""
    try:
        yield from form.rows(path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{path}: cannot be read: {error}", hint="unpack the MovieLens set again"
        ) from error


def _whole(path: Path, number: int, field: str, expected: str) -> int:
    try:
        return int(field)
    except ValueError:
        raise _unexpected(path, number, expected, [field]) from None


def _unexpected(path: Path, number: int, expected: str, fields: list[str]) -> InputError:
    found = ", ".join(fields)[:60]
    return InputError(
        f"{path}, line {number}: expected {expected}, found {found!r}",
        hint="the file may be cut off; unpack the MovieLens set again",
    )


def _title(movie: int, name: str, genres: str) -> Title:
    year = _YEAR.search(name)
    plain = _YEAR.sub("", name).strip() or name.strip() or f"Untitled {movie}"
    moved = _ARTICLE.match(plain)
    if moved:
        plain = f"{moved['article']} {moved['rest']}"
    number = int(year["year"]) if year else 0
    return Title(
        entity_id=f"ml:{movie}",
        title=plain[:_LONGEST_TITLE],
        genres=tuple(g for g in genres.strip().split("|") if g and g != _NO_GENRES),
        year=number if number in _YEARS else None,
    )
