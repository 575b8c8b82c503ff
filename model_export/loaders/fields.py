"""Single values of tables and guides: from what was written to what it means.

Each function returns ``None`` for what is not said (``None``, NaN, blank, and the words in
``_NOT_SAID``), and raises :class:`Unreadable` with what it expected for what it cannot read.
"""

from __future__ import annotations

import ast
import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime

import msgspec

from edgeagent.clock import moment_of_iso

__all__ = [
    "FIRST_MOMENT",
    "LAST_MOMENT",
    "Unreadable",
    "moment",
    "name",
    "number",
    "shown",
    "text",
    "texts",
    "year",
]

_NOT_SAID = {"", "nan", "null", "none", "n/a", "\\n"}
"""What pandas, JSON, Python, spreadsheets and database dumps write into an empty cell."""
_NO_NAME = {"", "n/a", "\\n"}
"""Of these in a name; films are called Null, None and Nan."""
_SPELLING = {"\u200c", "\u200d", *map(chr, range(0xE0020, 0xE0080))}
"""Unprintable characters that are part of how a word or an emoji is written: the two joiners of
Persian, Sinhala and Hindi, and the tags of regional flags. Soft hyphens and direction marks are
not: they say how to lay a word out."""
FIRST_MOMENT, LAST_MOMENT = 631_152_000, 4_102_444_800
"""1990 and 2100: a moment outside was counted in another unit."""
_FIRST_YEAR, _LAST_YEAR = 1870, 2200
_SHOWN_LETTERS = 60
_YEAR = re.compile(
    r"(?<!\d)(\d{4})(?:(?:0[1-9]|1[0-2])(?:(?:0[1-9]|[12]\d|3[01])(?:\d{6})?)?)?(?!\d)"
)
"""Four digits alone, or at the beginning of ``199905``, ``19990501`` and ``19990501201500``."""
_BRACKETS = re.compile(r"\s*\[.{0,20000}\]\s*", re.DOTALL)
_LIST_SEPARATORS = re.compile(r"[|;]")
_SIGNED = re.compile(r"\s*[-+]")


class Unreadable(ValueError):
    """Says what was expected."""


def shown(value: object) -> str:
    """Return a value as an error shows it."""
    written = value if isinstance(value, str) else repr(value)
    if len(written) > _SHOWN_LETTERS:
        written = f"{written[:_SHOWN_LETTERS]}…"
    return repr(written) if isinstance(value, str) else written


def text(value: object) -> str | None:
    """Return one line of text, white space collapsed, in Unicode's composed form (NFC)."""
    line = _line(value)
    return None if line.casefold() in _NOT_SAID else line


def name(value: object) -> str | None:
    """Return a name as one line of text; titles are called Null and None."""
    line = _line(value)
    return None if line.casefold() in _NO_NAME or _is_nan(value) else line


def _line(value: object) -> str:
    if value is None or _is_nan(value):
        return ""
    if not isinstance(value, str | int | float):
        raise Unreadable("text")
    line = " ".join(str(value).split())
    if not line.isprintable():
        line = " ".join("".join(filter(_is_written, line)).split())
    return unicodedata.normalize("NFC", line)


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _is_written(character: str) -> bool:
    return character.isprintable() or character in _SPELLING


def texts(value: object) -> tuple[str, ...]:
    """Return distinct texts of a list, or of a text in which ``|`` or ``;`` separates them."""
    listed = _split(value) if isinstance(value, str) else value
    if not isinstance(listed, list | tuple):
        listed = [listed]
    return tuple(dict.fromkeys(filter(None, map(text, _flat(listed)))))


def _flat(values: Iterable[object]) -> Iterable[object]:
    """Split the texts of a list, too: a list of one joined text is often meant as a list."""
    for value in values:
        yield from _split(value) if isinstance(value, str) else [value]


def _split(written: str) -> Iterable[object]:
    """Return what a text lists; JSON and Python write names or objects in brackets."""
    if _BRACKETS.fullmatch(written):
        for read in (msgspec.json.decode, ast.literal_eval):
            try:
                found = read(written.strip())
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
            return [each.get("name") if isinstance(each, dict) else each for each in found]
    return _LIST_SEPARATORS.split(written)


def number(value: object, *, least: int, most: int) -> int | None:
    """Return a whole number within limits."""
    line = text(value)
    if line is None:
        return None
    expected = f"a whole number, {least}-{most}"
    try:
        found = float(line)
    except ValueError:
        raise Unreadable(expected) from None
    if not (least <= found <= most) or found != int(found) or "_" in line:
        raise Unreadable(expected)
    return int(found)


def year(value: object) -> int | None:
    """Return the year of a year or a date: ``1999``, ``1999-05-01``, ``19990501``, ``c. 1999``."""
    line = text(value.isoformat() if isinstance(value, date) else value)
    if line is None:
        return None
    found = None if _SIGNED.match(line) else _YEAR.search(line)
    if found is None or not _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
        raise Unreadable(f"a year, {_FIRST_YEAR}-{_LAST_YEAR}")
    return int(found[1])


def moment(value: object) -> int | None:
    """Return seconds UTC of seconds since 1970 or of an ISO 8601 time; without a zone it is UTC."""
    if isinstance(value, datetime):
        found = (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    elif isinstance(value, date):
        found = datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    else:
        line = text(value)
        if line is None:
            return None
        found = _seconds(line)
    if not FIRST_MOMENT <= found < LAST_MOMENT:
        raise Unreadable("seconds since 1970 (not milliseconds), between 1990 and 2100")
    return int(found)


def _seconds(line: str) -> float:
    try:
        return float(line)
    except ValueError:
        pass
    try:
        return moment_of_iso(line)
    except ValueError:
        raise Unreadable("seconds since 1970, or a time such as 2025-01-31T20:15:00Z") from None
