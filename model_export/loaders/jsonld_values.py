"""Single values of JSON-LD: typed, named, in a list, or in several languages."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

from model_export.loaders.jsonld_documents import Node

__all__ = ["every", "first", "listed", "minutes", "plain", "words"]

_VALUES = ("@value", "value", "name", "ratingValue")
_LANGUAGE = re.compile(r"[a-z]{2}(?:-[A-Za-z0-9]{1,8})*|@none")
_NUMBER = r"(\d+(?:[.,]\d+)?)"
_DURATION = re.compile(
    rf"P(?:0+[.,]?0*Y)?(?:0+[.,]?0*M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?"
)
"""ISO 8601-1:2019, 5.5.2.2, in upper case; years and months say no length, so they must be 0. The
library isodate reads neither lower case nor the spelling below, so that one expression is left."""
_CLOCK_DURATION = re.compile(r"P0{4}-?00-?(\d\d)T(\d\d):?(\d\d):?(\d\d(?:[.,]\d+)?)")
"""The alternative spelling, 5.5.2.4: ``P0000-00-00T01:30:00``."""
_UNIT_MINUTES = (7 * 24 * 60, 24 * 60, 60, 1, 1 / 60)


def listed(value: object) -> list[Any]:
    """Return a value as a list; nothing is an empty one."""
    return value if isinstance(value, list) else [] if value is None else [value]


def plain(value: object) -> object:
    """Return a text or number: of a list the first, of an object its value or name.

    ``True`` and ``False`` are neither; of a text in several languages the first is taken.
    """
    if value is None or isinstance(value, str):  # most are
        return value
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting.extend(reversed(found))
        elif isinstance(found, dict):
            named = next((found[field] for field in _VALUES if field in found), None)
            if named is None and all(map(_LANGUAGE.fullmatch, found)):
                named = next(iter(found.values()), None)
            waiting.append(named)
        elif isinstance(found, str | int | float) and not isinstance(found, bool):
            return found
    return None


def every(value: object) -> list[object]:
    """Return all texts and numbers: of an object its value or name, in every language.

    A word that protects must not be lost because another language stands before it.
    """
    found: list[object] = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting.extend(reversed(each))
        elif isinstance(each, dict):
            named = next((each[field] for field in _VALUES if field in each), None)
            if named is None and all(map(_LANGUAGE.fullmatch, each)):
                named = list(each.values())
            waiting.append(named)
        elif isinstance(each, str | int | float) and not isinstance(each, bool):
            found.append(each)
    return found


def first(node: Node, *fields: str) -> object:
    """Return the first property of a node that says anything."""
    return next(
        (node[field] for field in fields if node.get(field) not in (None, "", [], {})), None
    )


def words(value: object) -> list[str]:
    """Return the words of a text; commas separate several."""
    return value.split(",") if isinstance(value, str) else []


def minutes(value: object) -> object:
    """Return whole minutes; what is no duration is returned as it stands, and counted as unread."""
    written = plain(value)
    spelled = str(written).strip().upper()
    clock = _CLOCK_DURATION.fullmatch(spelled)
    found = clock or _DURATION.fullmatch(spelled)
    if written is None or found is None or spelled == "P":
        return written
    parts = [float((part or "0").replace(",", ".")) for part in found.groups()]
    units = _UNIT_MINUTES[1:] if clock else _UNIT_MINUTES
    length = sum(part * unit for part, unit in zip(parts, units, strict=True))
    return int(length + 1e-9) or None if isfinite(length) else written
