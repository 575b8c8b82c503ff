"""Figures of one run: how a bench says them, and how nested ones are named."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping

__all__ = ["flat", "say"]

Value = float | bool | str | None


def say(figures: Mapping[str, object], *, as_json: bool) -> None:
    """Print one JSON object in one line, or a line for each figure."""
    if as_json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    found = flat(figures)
    width = max(map(len, found), default=0)
    for name, value in found.items():
        shown = f"{value:14,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
        sys.stdout.write(f"{name:<{width}}  {shown:>14}\n")


def flat(figures: Mapping[str, object]) -> dict[str, Value]:
    """Return figures by dotted names; items of a list are numbered."""
    return dict(_leaves("", figures))


def _leaves(name: str, value: object) -> Iterator[tuple[str, Value]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}" if name else str(key), inner)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _leaves(f"{name}.{number}", inner)
    elif value is None or isinstance(value, bool | int | float | str):
        yield name, value
    else:
        message = f"{name} is neither a number nor a text: {value!r}"
        raise TypeError(message)
