"""MovieLens in its forms: ``ratings.csv`` and ``movies.csv``, or ``.dat`` files with ``::``.

A rating is taken as a complete viewing at the time it was given, whatever the stars: people rate
what they watched. Columns go by their names; a file without any is read in the usual order, and
the log says so. Ratings are read in batches, so that twenty million fit into a desktop's memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from edgeagent.messages import Title
from model_export.loaders.columns import moments, refused
from model_export.loaders.movielens_titles import movielens_title
from model_export.loaders.tables import RowBatch, read_table
from model_export.log import WatchLog

__all__ = ["load_movielens", "load_movies"]

_SUFFIXES = (".csv", ".dat", ".tsv", ".txt")
_RATING_COLUMNS = ("user", "item", "rating", "timestamp")
_MOVIE_COLUMNS = ("item", "title", "genres")
_MIN_STARS, _MAX_STARS = 1e-6, 5.0
_STARS = f"stars above 0, at most {_MAX_STARS:g}"
_LARGEST_ID = 2.0**53


@dataclass(frozen=True, slots=True, kw_only=True)
class _Movies:
    """What there is to watch, in order of the file."""

    titles: tuple[Title, ...]
    ids: NDArray[np.int64]
    """[I] the movieId of each."""
    path: Path
    remarks: tuple[str, ...]


def load_movielens(directory: Path, *, minimum_stars: float = 0.0) -> WatchLog:
    """Load a MovieLens directory.

    Args:
        directory: holds ``ratings`` and ``movies``, as ``.csv``, ``.dat``, ``.tsv`` or ``.txt``.
        minimum_stars: ratings below do not count as viewings.

    Returns:
        Every film of the movies file is a title, named ``ml:<movieId>``; people are numbered in
        the order of their userId. Ratings of one person and second stay in the order of the file,
        as in the sequences that results for SASRec and its successors are published on.

    Raises:
        InputError: a file is missing or malformed (file, line, what was expected), or no rating is
            left.

    """
    ratings_path, movies_path = _files(directory)
    movies = _read_movies(movies_path)
    batches = read_table(ratings_path, required=_RATING_COLUMNS, usual=_RATING_COLUMNS)
    remarks = movies.remarks
    parts = []
    for batch in batches:
        parts.append(_rating_rows(batch, movies))
        remarks = tuple(dict.fromkeys((*remarks, *_remark(batch))))
    if not parts:
        raise InputError(
            f"{ratings_path} holds no ratings",
            hint=f"expected lines of {', '.join(_RATING_COLUMNS)}",
        )
    ratings = np.concatenate(parts)
    kept = ratings[ratings["stars"] >= minimum_stars]
    if not len(kept):
        raise InputError(
            f"{ratings_path}: none of {len(ratings)} ratings has at least {minimum_stars:g} stars",
            hint="lower the minimum, or check that the file holds ratings",
        )
    kept = kept[np.lexsort((kept["user"], kept["at"]))]
    people, users = np.unique(kept["user"], return_inverse=True)
    return WatchLog(
        titles=movies.titles,
        users=users.astype(np.int64),
        items=kept["item"].astype(np.int64),
        watched_on=kept["at"].astype(np.int64),
        completion=np.ones(len(kept), dtype=np.float32),
        user_count=len(people),
        remarks=remarks,
    )


def load_movies(directory: Path) -> tuple[Title, ...]:
    """Load the films of a MovieLens directory, named as in its log.

    Raises:
        InputError: a file is missing, or that of the films is malformed.

    """
    _, movies = _files(directory)
    return _read_movies(movies).titles


def _files(directory: Path) -> tuple[Path, Path]:
    """Return the ratings and the movies of a directory."""
    if not directory.is_dir():
        raise InputError(
            f"{directory} is not a directory",
            hint="name the directory of an unpacked MovieLens archive",
        )
    for suffix in _SUFFIXES:
        paths = directory / f"ratings{suffix}", directory / f"movies{suffix}"
        there = [path for path in paths if path.is_file()]
        if len(there) == len(paths):
            return paths
        if there:
            missing = next(path for path in paths if path not in there)
            raise InputError(
                f"{missing} is missing beside {there[0].name}",
                hint="unpack the archive again; both files are needed",
            )
    raise InputError(
        f"{directory} is not a MovieLens directory",
        hint="it must hold ratings.csv and movies.csv, or ratings.dat and movies.dat; a table of "
        "viewings is given as a file, with its --catalogue",
    )


def _remark(batch: RowBatch) -> Iterator[str]:
    """Say that a file names no columns; of ``.dat`` that is how it should be."""
    if not batch.named and batch.path.suffix != ".dat":
        yield f"{batch.path} has no header: its columns were read as {', '.join(batch.columns)}"


def _read_movies(path: Path) -> _Movies:
    titles: list[Title] = []
    ids: dict[int, str] = {}
    remarks: tuple[str, ...] = ()
    for batch in read_table(path, required=_MOVIE_COLUMNS, usual=_MOVIE_COLUMNS):
        movies = _numbers(batch, "item")
        for row, number in enumerate(movies.astype(np.int64).tolist()):
            name, genres = batch.columns["title"][row], batch.columns["genres"][row]
            if not name.strip():
                raise refused(batch, row, "title", "a title")
            if number in ids:
                raise InputError(
                    f"{batch.place(row)}: movie {number} stands in {ids[number]} already",
                    hint="remove one of the two lines",
                )
            ids[number] = f"{batch.unit} {batch.numbers[row]}"
            titles.append(movielens_title(number, name, genres))
        remarks = tuple(dict.fromkeys((*remarks, *_remark(batch))))
    if not titles:
        raise InputError(
            f"{path} holds no movies", hint=f"expected lines of {', '.join(_MOVIE_COLUMNS)}"
        )
    return _Movies(
        titles=tuple(titles),
        ids=np.fromiter(ids, dtype=np.int64, count=len(ids)),
        path=path,
        remarks=remarks,
    )


_RATING = np.dtype([("user", "<i8"), ("item", "<i8"), ("stars", "<f4"), ("at", "<i8")])
"""``item``: index into the titles."""


def _rating_rows(batch: RowBatch, movies: _Movies) -> NDArray[np.void]:
    """Return the ratings of a batch as an array of records."""
    ratings = np.empty(len(batch.numbers), dtype=_RATING)
    ratings["user"] = _numbers(batch, "user", least=-_LARGEST_ID)
    movie_ids = _numbers(batch, "item").astype(np.int64)
    ratings["item"] = _places(movies.ids, movie_ids)
    if (ratings["item"] < 0).any():
        row = int(np.argmin(ratings["item"]))
        raise refused(batch, row, "item", f"a movie of {movies.path.name}")
    ratings["stars"] = _numbers(
        batch, "rating", least=_MIN_STARS, most=_MAX_STARS, whole=False, expected=_STARS
    )
    ratings["at"] = moments(batch)
    return ratings


def _places(movie_ids: NDArray[np.int64], movies: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each of ``movies`` stands in ``movie_ids``; -1 where it does not."""
    order = np.argsort(movie_ids)
    place = np.searchsorted(movie_ids, movies, sorter=order)
    found = order[np.minimum(place, len(order) - 1)]
    return np.where(movie_ids[found] == movies, found, -1)


def _numbers(
    batch: RowBatch,
    field: str,
    *,
    least: float = 0.0,
    most: float = _LARGEST_ID,
    whole: bool = True,
    expected: str = "a whole number",
) -> NDArray[np.float64]:
    """Return a column as numbers; the first that is none, or beyond the limits, is an error."""
    written = batch.columns[field]
    try:
        found = np.array(written, dtype=np.float64)
    except (ValueError, TypeError):
        found = np.array([_number(value) for value in written])
    good = (found >= least) & (found <= most)
    if whole:
        good &= found == np.floor(found)
    if "_" in "".join(written):  # 1_000 is a number in Python, not in a file
        good &= np.array(["_" not in value for value in written])
    if not good.all():
        raise refused(batch, int(np.argmin(good)), field, expected)
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
