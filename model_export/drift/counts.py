"""Counts of segments as ``server-stub estimate --csv`` prints them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError
from edgeagent.messages import SegmentLabel
from edgeagent.regular_file import read_regular

__all__ = ["Mix", "read_counts"]

_CAP_BYTES = 1024 * 1024
_NONE = "none"
_COLUMNS = ("category", "name", "value", "standard_error", "unit", "weeks", "reports")
_HINT = "'server-stub estimate --csv' prints such a table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Shares of S segments of the sessions that count for one, with their standard errors."""

    shares: NDArray[np.float64]
    """[S] summing to 1; 0 for sensitive segments, which counts hide in "none"."""
    errors: NDArray[np.float64]
    """[S] standard errors."""
    counted: NDArray[np.bool_]
    """[S] false for sensitive segments."""
    reports: int
    weeks: tuple[int, ...] = ()
    kept_fraction: float = 1.0
    """Of the sessions, those that have the same segment in the model at hand."""

    @classmethod
    def of(
        cls,
        values: NDArray[np.float64],
        errors: NDArray[np.float64],
        counted: NDArray[np.bool_],
        *,
        reports: int = 0,
        weeks: tuple[int, ...] = (),
        kept_fraction: float = 1.0,
    ) -> Mix:
        """Return the mix among what is counted; values [S] are parts of a whole with "none"."""
        whole = float(values[counted].sum())
        return cls(
            shares=np.where(counted, values, 0.0) / whole,
            errors=np.where(counted, errors, 0.0) / whole,
            counted=counted,
            reports=reports,
            weeks=weeks,
            kept_fraction=kept_fraction,
        )


def read_counts(path: Path, labels: Sequence[SegmentLabel], *, carried: float | None = None) -> Mix:
    """Read the counts of the segments of a model.

    Args:
        path: a table.
        labels: of the model's segments.
        carried: if its segments were carried over from the model before, the part of the sessions
            that kept theirs: then counts of that one, whose names differ, are taken, too.

    Raises:
        InputError: with file, line and column; counts of another model, or of no shares.

    """
    values, errors = np.zeros(len(labels)), np.zeros(len(labels))
    seen: set[int] = set()
    weeks: tuple[int, ...] = ()
    reports, kept = 0.0, 1.0
    for row in _rows(path):
        row.check_unit()
        reports, weeks = row.number("reports"), row.weeks()
        number = row.category(labels)
        if number is None:
            continue
        if number in seen:
            raise row.wrong("category", f"{number} stands here a second time")
        seen.add(number)
        if row.text("name") != labels[number].name:
            if carried is None:
                raise row.wrong("name", f"the model's segment is {labels[number].name!r}")
            kept = carried
        values[number], errors[number] = row.number("value"), row.number("standard_error")
    _check_whole(path, labels, seen, values)
    return Mix.of(
        values,
        errors,
        np.array([not label.sensitive for label in labels]),
        reports=int(reports),
        weeks=weeks,
        kept_fraction=kept,
    )


def _rows(path: Path) -> Iterator[_CountRow]:
    try:
        text = read_regular(path, cap_bytes=_CAP_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", hint="check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}", hint=_HINT) from error
    reader = csv.DictReader(StringIO(text, newline=""), strict=True)
    try:
        for column in _COLUMNS:
            if column not in (reader.fieldnames or ()):
                raise InputError(f"{path}, line 1: no column {column!r}", hint=_HINT)
        for fields in reader:
            yield _CountRow(path=path, line=reader.line_num, fields=fields)
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: {error}", hint=_HINT) from error


def _check_whole(
    path: Path, labels: Sequence[SegmentLabel], seen: set[int], values: NDArray[np.float64]
) -> None:
    if not seen:
        raise InputError(
            f"{path}: no segments in it",
            hint="the server prints none before 5,000 boxes have reported",
        )
    for number, label in enumerate(labels):
        if not label.sensitive and number not in seen:
            raise InputError(f"{path}: no row for segment {number}", hint=_HINT)
    if not values.sum() > 0:
        raise InputError(f"{path}: nothing but “none” was counted", hint="wait for more reports")


@dataclass(frozen=True, slots=True, kw_only=True)
class _CountRow:
    path: Path
    line: int
    fields: Mapping[str, str | None]

    def text(self, column: str) -> str:
        return (self.fields.get(column) or "").strip()

    def number(self, column: str) -> float:
        try:
            value = float(self.text(column))
        except ValueError:
            raise self.wrong(column, f"{self.text(column)[:40]!r} is not a number") from None
        if not isfinite(value):
            raise self.wrong(column, f"{value} is not a number")
        return value

    def category(self, labels: Sequence[SegmentLabel]) -> int | None:
        """Return the segment; ``None`` for "none"."""
        place = self.number("category")
        if place == len(labels) and self.text("name") == _NONE:
            return None
        if place not in range(len(labels)):
            raise self.wrong("category", f"{place:g} is no segment of a model of {len(labels)}")
        if labels[int(place)].sensitive:
            raise self.wrong("category", f"segment {place:g} is sensitive, and is never counted")
        return int(place)

    def weeks(self) -> tuple[int, ...]:
        words = self.text("weeks").split()
        if not words or not all(word.isdecimal() and len(word) < 6 for word in words):  # noqa: PLR2004
            raise self.wrong("weeks", f"{self.text('weeks')[:40]!r} are no week numbers")
        return tuple(map(int, words))

    def check_unit(self) -> None:
        if self.text("unit") != "share":
            raise self.wrong("unit", f"{self.text('unit')[:40]!r}; drift is judged by shares")

    def wrong(self, column: str, what: str) -> InputError:
        return InputError(
            f"{self.path}, line {self.line}, {column}: {what}",
            hint=f"give counts of this model's segments; {_HINT}",
        )
