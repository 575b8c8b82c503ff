"""Read the tables that planners hand over: candidates and slots, as CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from math import isfinite
from pathlib import Path
from typing import TypeVar

from edgeagent.errors import InputError
from edgeagent.messages import ReportTask
from edgeagent.messages.fields import UNKNOWN_AGE
from edgeagent.regular_file import read_regular

__all__ = ["Candidate", "ScheduleSlot", "read_candidates", "read_slots"]

_CAP_BYTES = 64 * 1024 * 1024
"""50,000 candidates with 64 appeals each take 40 MB."""
_MOST_SLOTS = 500
_APPEAL = "appeal_"
_REQUIRED = ("entity_id", "age_rating", "space_id")
_OPTIONAL = ("title", "genre", "run_minutes", "dayparts", "sessions", "model_error")
_OF_SLOTS = ("daypart", "max_age", "minutes")
_MAKE_IT = "'model-export portray --candidates' writes such a file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A title that may be put into a line-up."""

    entity_id: str
    title: str
    genre: str
    age_rating: int
    run_minutes: int | None
    dayparts: tuple[str, ...]
    """Where it may be shown; empty: anywhere."""
    sessions: int | None
    """Of the panel that held it; 0: its appeal is a guess from its metadata."""
    model_error: float | None
    """Relative standard error of its part of the sessions."""
    appeal: tuple[float, ...]
    """[S] the chance that a session of each segment holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSlot:
    """A place in the line-up."""

    name: str
    daypart: str
    max_age: int | None
    minutes: int | None


def read_candidates(path: Path, task: ReportTask) -> tuple[Candidate, ...]:
    """Read candidates with an appeal for each segment of a task.

    Raises:
        InputError: with file, line and column.

    """
    columns = [f"{_APPEAL}{number}" for number in range(task.segments)]
    found: dict[str, Candidate] = {}
    rows = _rows(path, required=(*_REQUIRED, *columns), optional=_OPTIONAL, hint=_MAKE_IT)
    for row in rows:
        candidate = _candidate(row, columns, task)
        if candidate.entity_id in found:
            raise row.wrong("entity_id", f"{candidate.entity_id!r} stands here a second time")
        found[candidate.entity_id] = candidate
    if not found:
        raise InputError(f"{path}: no candidates", hint=_MAKE_IT)
    return tuple(found.values())


def read_slots(path: Path) -> tuple[ScheduleSlot, ...]:
    """Read the slots of a line-up.

    Raises:
        InputError: with file, line and column.

    """
    hint = f"columns are slot and maybe {', '.join(_OF_SLOTS)}"
    found: dict[str, ScheduleSlot] = {}
    for row in _rows(path, required=("slot",), optional=_OF_SLOTS, hint=hint):
        slot = ScheduleSlot(
            name=row.text("slot"),
            daypart=row.get("daypart"),
            max_age=row.number("max_age", int, least=0, most=UNKNOWN_AGE - 1),
            minutes=row.number("minutes", int, least=1, most=1440),
        )
        if slot.name in found:
            raise row.wrong("slot", f"{slot.name!r} stands here a second time")
        found[slot.name] = slot
    if not 0 < len(found) <= _MOST_SLOTS:
        raise InputError(f"{path}: {len(found)} slots", hint=f"give 1 to {_MOST_SLOTS} of them")
    return tuple(found.values())


def _candidate(row: _TableRow, columns: Collection[str], task: ReportTask) -> Candidate:
    if row.text("space_id") != task.segmenter.space_id:
        raise row.wrong(
            "space_id",
            f"{row.text('space_id')!r}, the segments of {task.name} are of "
            f"{task.segmenter.space_id}",
        )
    age = row.number("age_rating", int, least=0, most=UNKNOWN_AGE)
    return Candidate(
        entity_id=row.text("entity_id"),
        title=row.get("title") or row.text("entity_id"),
        genre=row.get("genre"),
        # Nobody knows whom a title without an age is for; it fits where there is no limit.
        age_rating=UNKNOWN_AGE if age is None else age,
        run_minutes=row.number("run_minutes", int, least=1, most=1440),
        dayparts=tuple(row.get("dayparts").split()),
        sessions=row.number("sessions", int, least=0, most=10**9),
        model_error=row.number("model_error", float, least=0, most=1000),
        appeal=tuple(_appeal(row, column) for column in columns),
    )


def _appeal(row: _TableRow, column: str) -> float:
    value = row.number(column, float, least=0, most=1)
    if value is None:
        raise row.wrong(column, "it is empty")
    return value


Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class _TableRow:
    """One row, which can say where it stands."""

    path: Path
    line: int
    fields: Mapping[str, str]
    hint: str

    def get(self, column: str) -> str:
        """Return what stands there; an empty text where there is no such column."""
        return self.fields.get(column, "").strip()

    def text(self, column: str) -> str:
        """Return what stands there, which has to be something."""
        if not self.get(column):
            raise self.wrong(column, "it is empty")
        return self.get(column)

    def number(
        self, column: str, kind: Callable[[str], Number], *, least: float, most: float
    ) -> Number | None:
        """Return a number within bounds; ``None`` where nothing stands."""
        text = self.get(column)
        if not text:
            return None
        try:
            value = kind(text)
        except ValueError:
            raise self.wrong(column, f"{text[:40]!r} is not a number") from None
        if not isfinite(value) or not least <= value <= most:
            raise self.wrong(column, f"{text[:40]} is not within {least:g} to {most:g}")
        return value

    def wrong(self, column: str, what: str) -> InputError:
        """Return the error that names file, line and column."""
        return InputError(f"{self.path}, line {self.line}, {column}: {what}", hint=self.hint)


def _rows(
    path: Path, *, required: Collection[str], optional: Collection[str], hint: str
) -> Iterator[_TableRow]:
    reader = csv.reader(StringIO(_text(path, hint), newline=""), strict=True)
    names: list[str] = []
    try:
        for values in reader:
            if not values:
                continue  # an empty line
            if not names:
                names = [name.strip() for name in values]
                _check_names(path, names, required=required, optional=optional, hint=hint)
                continue
            if len(values) != len(names):
                raise InputError(
                    f"{path}, line {reader.line_num}: {len(values)} values under {len(names)} "
                    "columns",
                    hint="put quotes around texts with commas, and none around the whole row",
                )
            fields = dict(zip(names, values, strict=True))
            yield _TableRow(path=path, line=reader.line_num, fields=fields, hint=hint)
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: {error}", hint=hint) from error
    if not names:
        raise InputError(f"{path}: it is empty", hint=hint)


def _text(path: Path, hint: str) -> str:
    try:
        text = read_regular(path, cap_bytes=_CAP_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", hint="check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: not UTF-8 at byte {error.start}", hint="save it as UTF-8"
        ) from error
    if "\0" in text:
        raise InputError(f"{path}: it holds a NUL character, and is no text", hint=hint)
    return text


def _check_names(
    path: Path,
    names: list[str],
    *,
    required: Collection[str],
    optional: Collection[str],
    hint: str,
) -> None:
    """Raise for a header with a column missing, twice or unknown: a typing error drops a rule."""
    for name in required:
        if name not in names:
            raise InputError(f"{path}, line 1: no column {name!r}", hint=hint)
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{path}, line 1: column {name!r} stands twice", hint=hint)
        if name not in required and name not in optional:
            raise InputError(f"{path}, line 1: unknown column {name[:40]!r}", hint=hint)
