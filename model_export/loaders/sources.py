"""Which form a file has, and how a catalogue and a log of viewings come together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgeagent.errors import InputError
from edgeagent.regular_file import open_regular
from model_export.loaders.catalogue_builder import FIELDS, CatalogueBuilder, LoadedCatalogue
from model_export.loaders.columns import unread
from model_export.loaders.jsonld import read_jsonld
from model_export.loaders.movielens import load_movielens, load_movies
from model_export.loaders.tables import is_parquet, read_table
from model_export.loaders.viewings import read_viewings
from model_export.loaders.xmltv import read_xmltv
from model_export.log import WatchLog

__all__ = ["load_catalogue", "load_log"]

_LOOK_BYTES = 1024
_AGE_COLUMNS = {
    "agerating", "ageratings", "agelimit", "agerestriction", "minage", "minimumage",
    "suggestedminage", "altersfreigabe", "maturity", "maturityrating", "maturityratings", "rated",
    "contentrating", "contentratings", "certification", "certifications", "certificate",
    "parentalrating", "tvrating", "mpaa", "mpaarating", "fsk", "fskrating", "usk", "bbfc", "pegi",
    "csa", "kijkwijzer", "esrb", "acb", "oflc",
}  # fmt: skip
"""In lower case and letters alone; all are read. ``rating`` is none of them: most are scores."""
_APART = (
    "no title of the catalogue is one of MovieLens, whose items are 'ml:' and the movieId: they "
    "stand beside its own, watched by nobody"
)
_GZIP_MAGIC = b"\x1f\x8b"
_WEB_PAGE = (b"<!doctype html", b"<html")
_BYTE_ORDER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


def load_log(
    ratings: Path,
    catalogue: Path | LoadedCatalogue | None = None,
    *,
    skip_unknown: bool = False,
    strict: bool = False,
) -> WatchLog:
    """Load viewings: a MovieLens directory, or a table together with its catalogue.

    Beside MovieLens a catalogue adds to what is known of its films, and titles nobody has watched.

    Args:
        ratings: the viewings.
        catalogue: what their items are, loaded or a file; MovieLens brings its own.
        skip_unknown: leave out viewings of items that the catalogue does not hold.
        strict: as for :func:`load_catalogue`.

    Raises:
        InputError: what is wrong, where, and the way out.

    """
    known = load_catalogue(catalogue, strict=strict) if isinstance(catalogue, Path) else catalogue
    if ratings.is_dir() and not is_parquet(ratings):
        log = load_movielens(ratings)
        return log if known is None else _beside(log, known)
    _look(ratings)
    if known is None:
        raise InputError(
            f"{ratings} is a table of viewings, and says nothing of the titles",
            hint="name their catalogue with --catalogue",
        )
    return read_viewings(ratings, known, skip_unknown=skip_unknown)


def load_catalogue(path: Path, *, strict: bool = False) -> LoadedCatalogue:
    """Load a catalogue: CSV, Parquet, an XMLTV guide, schema.org JSON-LD or a MovieLens directory.

    Args:
        path: the file, or a directory: of Parquet parts, or of MovieLens for its films.
        strict: refuse a guide or document with an entry that cannot be a title, instead of leaving
            it out and counting it. A table is always read so: its owner can correct it.

    Raises:
        InputError: what is wrong, where, and the way out.

    """
    if path.is_dir() and not is_parquet(path):
        return LoadedCatalogue(titles=load_movies(path), metadata={})
    begin = _look(path)
    if begin.startswith(b"<"):
        return read_xmltv(path, strict=strict)
    if begin.startswith((b"{", b"[")):
        return read_jsonld(path, strict=strict)
    builder = CatalogueBuilder(strict=True)
    for batch in read_table(path, required=("item", "title")):
        said = [name for name in FIELDS if name in batch.columns]
        ages = [name for name in batch.columns if re.sub(r"[^a-z]", "", name) in _AGE_COLUMNS]
        for column in sorted(set(batch.columns) - {*FIELDS, *ages}):
            builder.omissions.ignored.add(
                unread(column, FIELDS), batch.place(0), count=len(batch.numbers)
            )
        for row in range(len(batch.numbers)):
            entry = {name: batch.columns[name][row] for name in said}
            if ages:
                entry["age_rating"] = _together(batch.columns[name][row] for name in ages)
            builder.add(entry, batch.place(row))
    return builder.catalogue(path)


def _together(cells: Iterable[Any]) -> list[object]:
    """Return what several columns say; a cell of Parquet may be a list."""
    return [one for cell in cells for one in (cell if isinstance(cell, list) else [cell])]


def _look(path: Path) -> bytes:
    """Return how a file begins, without byte-order mark and white space; nothing of a directory."""
    if path.is_dir():
        return b""
    try:
        with open_regular(path) as file:
            begin = file.read(_LOOK_BYTES)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", hint="check that it is there"
        ) from error
    if begin.startswith(_GZIP_MAGIC):
        raise InputError(f"{path} is compressed", hint=f"unpack it first: gunzip {path}")
    for mark, name in _BYTE_ORDER_MARKS.items():
        if begin.startswith(mark) and not begin.lstrip(mark).startswith(b"<"):
            raise InputError(f"{path} is {name}", hint="save it as UTF-8")
    if begin.lstrip().lower().startswith(_WEB_PAGE):
        raise InputError(
            f"{path} is a web page",
            hint='save what stands in its <script type="application/ld+json"> as a file',
        )
    return begin.removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"").lstrip(b"\xff\xfe \t\r\n")


def _beside(log: WatchLog, catalogue: LoadedCatalogue) -> WatchLog:
    """Let a catalogue speak of titles the log knows, and add those it does not."""
    said = {title.entity_id: title for title in catalogue.titles}
    own = tuple(said.pop(title.entity_id, title) for title in log.titles)
    apart = (_APART,) if len(said) == len(catalogue.titles) else ()
    return replace(
        log,
        titles=(*own, *said.values()),
        metadata=catalogue.metadata,
        remarks=(*log.remarks, *catalogue.remarks, *apart),
    )
