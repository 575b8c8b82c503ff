"""MovieLens in its two forms: ``ratings.csv`` and ``movies.csv``, or ``.dat`` files with ``::``.

A rating is taken as a complete viewing at the time it was given, whatever the stars: people rate
what they watched. Ratings are read in blocks, so that twenty million fit into a desktop's memory.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from edgeagent.messages import Title
from edgeagent.regular_file import open_regular, read_regular
from model_export.loaders.fields import FIRST_MOMENT, LAST_MOMENT, shown
from model_export.loaders.movielens_titles import movielens_title
from model_export.log import WatchLog

__all__ = ["load_movielens"]

_BLOCK_BYTES = 16 * 1024 * 1024
_CAP_BYTES = 2**30
"""The largest set's list of movies has 3 MB."""
_FIELDS = 4
_MAX_STARS = 5.0
_LARGEST_ID = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """One of the two ways the files are written."""

    ratings: str
    movies: str
    separator: str
    header: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _LineBlock:
    """Some consecutive lines of a ratings file that are not blank."""

    numbers: list[int]
    lines: list[str]


_CSV = _Form(ratings="ratings.csv", movies="movies.csv", separator=",", header=True)
_DAT = _Form(ratings="ratings.dat", movies="movies.dat", separator="::", header=False)


def load_movielens(directory: Path, *, minimum_stars: float = 0.0) -> WatchLog:
    """Load a MovieLens directory.

    Args:
        directory: holds ``ratings`` and ``movies``, both ``.csv`` or both ``.dat``.
        minimum_stars: ratings below do not count as viewings.

    Returns:
        Every film of the movies file is a title, named ``ml:<movieId>``; people are numbered in
        the order of their userId. Ratings of one person and second stay in the order of the file,
        as in the sequences that results for SASRec and its successors are published on.

    Raises:
        InputError: a file is missing or malformed (file, line, what was expected), or no rating is
            left.

    """
    form = _form(directory)
    titles, movie_ids = _read_movies(directory / form.movies, form)
    ratings = _read_ratings(directory / form.ratings, form, movie_ids)
    kept = ratings[ratings["stars"] >= minimum_stars]
    if not len(kept):
        raise InputError(
            f"{directory / form.ratings}: none of {len(ratings)} ratings has at least "
            f"{minimum_stars:g} stars",
            hint="lower the minimum, or check that the file holds ratings",
        )
    kept = kept[np.lexsort((kept["user"], kept["at"]))]
    people, users = np.unique(kept["user"], return_inverse=True)
    return WatchLog(
        titles=titles,
        users=users.astype(np.int64),
        items=_columns(movie_ids, kept["movie"]),
        watched_on=kept["at"].astype(np.int64),
        completion=np.ones(len(kept), dtype=np.float32),
        user_count=len(people),
    )


def _form(directory: Path) -> _Form:
    if not directory.is_dir():
        raise InputError(
            f"{directory} is not a directory",
            hint="name the directory of an unpacked MovieLens archive",
        )
    for form in (_CSV, _DAT):
        names = (form.ratings, form.movies)
        there = [name for name in names if (directory / name).is_file()]
        if len(there) == len(names):
            return form
        if there:
            missing = next(name for name in names if name not in there)
            raise InputError(
                f"{directory / missing} is missing beside {there[0]}",
                hint="unpack the archive again; both files are needed",
            )
    raise InputError(
        f"{directory} is not a MovieLens directory",
        hint="it must hold ratings.csv and movies.csv, or ratings.dat and movies.dat",
    )


def _columns(movie_ids: NDArray[np.int64], movies: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each of ``movies`` stands in ``movie_ids``; -1 where it does not."""
    order = np.argsort(movie_ids)
    place = np.searchsorted(movie_ids, movies, sorter=order)
    found = order[np.minimum(place, len(order) - 1)]
    return np.where(movie_ids[found] == movies, found, -1)


def _read_movies(path: Path, form: _Form) -> tuple[tuple[Title, ...], NDArray[np.int64]]:
    """Return the titles and, in the same order, their movie ids [I]."""
    titles: list[Title] = []
    ids: dict[int, int] = {}
    expected = form.separator.join(("movieId", "title", "genre|genre"))
    for number, fields in _movie_lines(path, form):
        if len(fields) != 3 or not fields[0].isdecimal() or not fields[1].strip():  # noqa: PLR2004
            raise _bad_line(path, number, form.separator.join(fields), expected)
        movie = int(fields[0])
        if movie in ids:
            raise InputError(
                f"{path}, line {number}: movie {movie} stands in line {ids[movie]} already",
                hint="remove one of the two lines",
            )
        ids[movie] = number
        titles.append(movielens_title(movie, fields[1], fields[2]))
    if not titles:
        raise InputError(f"{path} holds no movies", hint=f"expected lines: {expected}")
    return tuple(titles), np.fromiter(ids, dtype=np.int64, count=len(ids))


def _movie_lines(path: Path, form: _Form) -> Iterator[tuple[int, list[str]]]:
    """Yield line numbers, from 1, and fields; blank lines are skipped."""
    lines = _text(path, form).split("\n")
    if not form.header:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield number, line.rstrip("\r").split(form.separator)
        return
    reader = csv.reader((f"{line}\n" for line in lines), strict=True)
    try:
        for fields in reader:
            if reader.line_num > 1 and fields:
                yield reader.line_num, fields
    except csv.Error as error:
        raise InputError(
            f"{path}, line {reader.line_num}: {error}",
            hint="a quote is not closed: the file may be half-written; unpack it again",
        ) from error


def _text(path: Path, form: _Form) -> str:
    data = _read(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if form is _DAT:  # the older archives are Latin-1, the 10M one is UTF-8
            return data.decode("latin-1")
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: not UTF-8", hint="save the file as UTF-8, or unpack it again"
        ) from error


def _read(path: Path) -> bytes:
    try:
        return read_regular(path, cap_bytes=_CAP_BYTES)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", hint="check its permissions"
        ) from error


_RATING = np.dtype([("user", "<i8"), ("movie", "<i8"), ("stars", "<f4"), ("at", "<i8")])


def _read_ratings(path: Path, form: _Form, movie_ids: NDArray[np.int64]) -> NDArray[np.void]:
    """Return the ratings as an array of records."""
    blocks = [_parse(block, path, form, movie_ids) for block in _blocks(path, form)]
    ratings = np.concatenate([np.empty(0, dtype=_RATING), *blocks])
    if not len(ratings):
        raise InputError(f"{path} holds no ratings", hint=f"expected lines: {_expected(form)}")
    return ratings


def _blocks(path: Path, form: _Form) -> Iterator[_LineBlock]:
    number = 1
    try:
        with open_regular(path) as file:
            if form.header:
                file.readline()
                number = 2
            while data := file.read(_BLOCK_BYTES):
                text = (data + file.readline()).decode("latin-1").replace("\r", "")
                lines = text.removesuffix("\n").split("\n")
                yield _LineBlock(
                    numbers=[n for n, line in enumerate(lines, start=number) if line.strip()],
                    lines=[line for line in lines if line.strip()],
                )
                number += len(lines)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", hint="check its permissions"
        ) from error


def _parse(
    block: _LineBlock, path: Path, form: _Form, movie_ids: NDArray[np.int64]
) -> NDArray[np.void]:
    if not block.lines:
        return np.empty(0, dtype=_RATING)
    try:
        table = np.loadtxt(
            [line.replace(form.separator, ",") for line in block.lines],
            delimiter=",",
            comments=None,
            ndmin=2,
        )
    except ValueError as error:
        raise _first_unreadable(block, path, form) from error
    if table.shape[1] != _FIELDS:
        raise _bad_line(path, block.numbers[0], block.lines[0], _expected(form))
    user, movie, stars, at = table.T
    good = (
        (user == np.floor(user))
        & (np.abs(user) < _LARGEST_ID)
        & (stars > 0)
        & (stars <= _MAX_STARS)
        & (at >= FIRST_MOMENT)
        & (at < LAST_MOMENT)
    )
    _refuse_first(~good, block, path, _expected(form))
    _refuse_first(
        ~np.isin(movie, movie_ids), block, path, f"a movieId that stands in {form.movies}"
    )
    ratings = np.empty(len(table), dtype=_RATING)
    ratings["user"], ratings["movie"], ratings["stars"], ratings["at"] = user, movie, stars, at
    return ratings


def _refuse_first(bad: NDArray[np.bool_], block: _LineBlock, path: Path, expected: str) -> None:
    if bad.any():
        first = int(np.argmax(bad))
        raise _bad_line(path, block.numbers[first], block.lines[first], expected)


def _first_unreadable(block: _LineBlock, path: Path, form: _Form) -> InputError:
    """Return the error for the first line that is not four numbers."""
    for number, line in zip(block.numbers, block.lines, strict=True):
        fields = line.split(form.separator)
        if len(fields) != _FIELDS or not all(map(_is_number, fields)):
            return _bad_line(path, number, line, _expected(form))
    return _bad_line(path, block.numbers[0], block.lines[0], _expected(form))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text  # 1_000 is a number in Python, not in a file


def _expected(form: _Form) -> str:
    fields = ("userId", "movieId", "rating 0.5-5", "seconds since 1970")
    return form.separator.join(fields)


def _bad_line(path: Path, number: int, line: str, expected: str) -> InputError:
    return InputError(
        f"{path}, line {number}: found {shown(line)}, expected {expected}",
        hint="the file may be half-written: unpack or download it again",
    )
