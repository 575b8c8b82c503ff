"""Read numbers back from a picture: where its points lie, by the ticks of their axes."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from math import exp

import numpy as np

__all__ = ["drawn_points"]

_SVG = "{http://www.w3.org/2000/svg}"
_GROUP = f"{_SVG}g"
_MEANT = {"k": 1_000, "M": 1_000_000}


def drawn_points(
    svg: str,
    gid: str,
    *,
    log_scales: bool = False,
    x_of: Callable[[str], float] | None = None,
    y_of: Callable[[str], float] | None = None,
) -> list[tuple[float, float]]:
    """Return the points of one line of a picture in the unit of its axes.

    Args:
        svg: the picture.
        gid: what the line was called when it was drawn.
        log_scales: both axes are logarithmic.
        x_of: reads a label of the x axis; by default a number, with k or M behind it.
        y_of: the same for the y axis.

    """
    root = ET.fromstring(svg)  # noqa: S314  (our own picture)
    every = [one for one in root.iter(_GROUP) if re.search(r"axes_\d+$", one.get("id", ""))]
    (axes, line), *others = [
        (one, line)
        for one in every
        for line in one.iter(_GROUP)
        if line.get("id", "").endswith(f"-{gid}")
    ]
    assert not others, gid
    # Of axes above each other only the lowest have labels; the others have the same ticks.
    labelled = axes if any(_labels(axes, "xtick")) else every[-1]
    across = _scale(
        [float(mark.get("x", "")) for mark in _marks(axes, "xtick")],
        [(x_of or _number)(label) for label in _labels(labelled, "xtick")],
        log_scale=log_scales,
    )
    up = _scale(
        [float(mark.get("y", "")) for mark in _marks(axes, "ytick")],
        [(y_of or _number)(label) for label in _labels(axes, "ytick")],
        log_scale=log_scales,
    )
    return [(across(x), up(y)) for x, y in _places(line)]


def _places(line: ET.Element) -> Sequence[tuple[float, float]]:
    marks = [(float(use.get("x", "")), float(use.get("y", ""))) for use in line.iter(f"{_SVG}use")]
    path = line.find(f"{_SVG}path")
    if marks or path is None:
        return marks
    numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path.get("d", ""))]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _ticks(axes: ET.Element, kind: str) -> list[ET.Element]:
    return [tick for tick in axes.iter(_GROUP) if re.search(rf"{kind}_\d+$", tick.get("id", ""))]


def _marks(axes: ET.Element, kind: str) -> list[ET.Element]:
    """Return the last mark of each tick: that of the grid line comes first, and has no place."""
    return [list(tick.iter(f"{_SVG}use"))[-1] for tick in _ticks(axes, kind)]


def _labels(axes: ET.Element, kind: str) -> list[str]:
    texts = [tick.iter(f"{_SVG}text") for tick in _ticks(axes, kind)]
    return ["".join("".join(text.itertext()) for text in those) for those in texts]


def _scale(
    places: list[float], values: list[float], *, log_scale: bool
) -> Callable[[float], float]:
    """Return what turns a place into a value: the line through the ticks."""
    slope, start = np.polyfit(places, np.log(values) if log_scale else values, 1)
    return lambda place: exp(start + slope * place) if log_scale else start + slope * place


def _number(label: str) -> float:
    number, _, unit = label.replace("−", "-").replace(",", "").partition(" ")
    return float(number) * _MEANT.get(unit, 1)
