"""A log of viewings as a table: ``user,item,timestamp`` and, if it is known, ``progress``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from edgeagent.features.window import UNKNOWN_COMPLETION_FRACTION
from model_export.loaders import fields
from model_export.loaders.catalogue_builder import LoadedCatalogue
from model_export.loaders.columns import each_value, moments
from model_export.loaders.fields import Unreadable
from model_export.loaders.tables import RowBatch, read_table
from model_export.log import WatchLog

__all__ = [
    "READ",
    "REQUIRED",
    "ViewingColumns",
    "log_of",
    "nothing_known",
    "read_viewings",
    "viewings_of",
]

REQUIRED = ("user", "item", "timestamp")
READ = (*REQUIRED, "progress")
"""The columns that are read; what else a log holds is counted as ignored by ``check``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewingColumns:
    """Some viewings; all arrays have one entry a viewing."""

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    watched_on: NDArray[np.int64]
    completion: NDArray[np.float32]


def read_viewings(path: Path, catalogue: LoadedCatalogue, *, skip_unknown: bool) -> WatchLog:
    """Read viewings of a catalogue's titles.

    A viewing that stands there twice counts once, with the larger progress; without progress it
    counts as on the box. People are numbered in the order of their names, so that the order of the
    file's rows changes nothing.

    Args:
        path: CSV or Parquet.
        catalogue: its ids are the log's items.
        skip_unknown: leave out viewings of items that the catalogue does not hold.

    Raises:
        InputError: file, line and field of what is wrong.

    """
    column = {title.entity_id: number for number, title in enumerate(catalogue.titles)}
    people: dict[str, int] = {}

    def number(name: str) -> int:
        return people.setdefault(name, len(people))

    parts = [
        viewings_of(batch, number, column, skip_unknown=skip_unknown)
        for batch in read_table(path, required=REQUIRED)
    ]
    kept = [part for part in parts if len(part.items)]
    if not kept:
        raise nothing_known(path, catalogue, rows=len(parts))
    joined = _joined(kept)
    watching = np.unique(joined.users)
    names = np.array(list(people), dtype=object)[watching]
    by_name = np.zeros(len(people), dtype=np.int64)
    by_name[watching[np.argsort(names, kind="stable")]] = np.arange(len(watching))
    return log_of(replace(joined, users=by_name[joined.users]), catalogue, people=len(watching))


def nothing_known(path: Path, catalogue: LoadedCatalogue, *, rows: int) -> InputError:
    """Return the error of a log without any viewing of the catalogue's titles."""
    if not rows:
        return InputError(
            f"{path} holds no viewings", hint=f"expected rows of {', '.join(REQUIRED)}"
        )
    return InputError(
        f"{path} holds no viewings of titles in the catalogue",
        hint=f"items are named like {catalogue.titles[0].entity_id!r} there",
    )


def _joined(parts: Sequence[ViewingColumns]) -> ViewingColumns:
    return ViewingColumns(
        users=np.concatenate([part.users for part in parts]),
        items=np.concatenate([part.items for part in parts]),
        watched_on=np.concatenate([part.watched_on for part in parts]),
        completion=np.concatenate([part.completion for part in parts]),
    )


def log_of(part: ViewingColumns, catalogue: LoadedCatalogue, *, people: int) -> WatchLog:
    """Return viewings as a log: in order of time, each once with the largest progress.

    Args:
        part: its users are numbered 0 … ``people`` − 1.
        catalogue: its titles are those of the log.
        people: how many.

    """
    order = np.lexsort((-part.completion, part.items, part.users, part.watched_on))
    seconds, users, items = part.watched_on[order], part.users[order], part.items[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = np.any([np.diff(each) != 0 for each in (seconds, users, items)], axis=0)
    return WatchLog(
        titles=catalogue.titles,
        users=users[new],
        items=items[new],
        watched_on=seconds[new],
        completion=part.completion[order][new],
        user_count=people,
        metadata=catalogue.metadata,
        remarks=catalogue.remarks,
    )


def viewings_of(
    batch: RowBatch,
    number: Callable[[str], int],
    column: Mapping[str, int],
    *,
    skip_unknown: bool,
) -> ViewingColumns:
    """Return the viewings of one batch of rows.

    Args:
        batch: has the columns of ``REQUIRED``.
        number: numbers a person by name.
        column: numbers a title by id.
        skip_unknown: leave out viewings of other titles.

    Raises:
        InputError: file, row and field of what is wrong.

    """
    names = each_value(batch, "user", _said)
    users = np.array([number(name) for name in names], dtype=np.int64)
    ids = each_value(batch, "item", _said)
    items = np.array([column.get(item, -1) for item in ids], dtype=np.int64)
    unknown = items < 0
    if unknown.any() and not skip_unknown:
        row = int(np.argmax(unknown))
        raise InputError(
            f"{batch.place(row)}, field 'item': {batch.columns['item'][row]!r} is not in the "
            "catalogue",
            hint=f"ids there are like {next(iter(column))!r}; --skip-unknown leaves others out",
        )
    known = ~unknown
    return ViewingColumns(
        users=users[known],
        items=items[known],
        watched_on=moments(batch)[known],
        completion=_completion(batch)[known],
    )


def _completion(batch: RowBatch) -> NDArray[np.float32]:
    if "progress" not in batch.columns:
        return np.full(len(batch.numbers), UNKNOWN_COMPLETION_FRACTION, dtype=np.float32)
    written = batch.columns["progress"]
    try:
        progress = np.array(
            [UNKNOWN_COMPLETION_FRACTION if each in (None, "") else each for each in written],
            np.float64,
        )
        if ((progress >= 0) & (progress <= 1)).all():
            return progress.astype(np.float32)
    except (ValueError, TypeError):
        pass
    return np.array(each_value(batch, "progress", _progress), dtype=np.float32)


def _said(value: object) -> str:
    found = value.strip() if isinstance(value, str) else fields.text(value)
    if not found:
        raise Unreadable("an id")
    return found


def _progress(value: object) -> float:
    if value in (None, ""):
        return UNKNOWN_COMPLETION_FRACTION
    try:
        found = float(value)  # type: ignore[arg-type]  # what it cannot take is caught
    except (TypeError, ValueError):
        found = -1.0
    if not 0 <= found <= 1:  # NaN, too
        raise Unreadable("a part of the whole, 0-1, or nothing where it is not known")
    return found
