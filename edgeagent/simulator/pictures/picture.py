"""What a picture is, and how it is drawn: twice, for a wide and for a narrow screen."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import fill
from urllib.parse import quote

import matplotlib as mpl
from matplotlib.figure import Figure

__all__ = [
    "ESTIMATE",
    "GRID",
    "INK",
    "QUIET",
    "TRUTH",
    "Draw",
    "Numbers",
    "Picture",
    "Screen",
    "Section",
    "draw_picture",
    "heights_of_rows",
]

INK = "#1f2a37"
ESTIMATE = "#1d6fb8"
TRUTH = "#d9480f"
QUIET = "#9aa5b1"
GRID = "#e4e7eb"
_BY_SCHEME = {
    INK: "ink",
    ESTIMATE: "estimate",
    TRUTH: "truth",
    QUIET: "faint",
    GRID: "line",
    "#5b6775": "quiet",
}
"""Variables of the page that stand for colours: a dark page has others."""
_STYLE = {
    "svg.fonttype": "none",  # text stays text: sharp, small, searchable
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What a picture is drawn for."""

    name: str
    width_inches: float
    letters: int
    """In one line of a label."""

    @property
    def wide(self) -> bool:
        """Whether two axes fit beside each other."""
        return self is _WIDE

    def label(self, name: str) -> str:
        """Return a name, all of it, in as many lines as it needs."""
        return fill(name, self.letters)


_WIDE = Screen(name="wide", width_inches=9.0, letters=48)
_NARROW = Screen(name="narrow", width_inches=4.4, letters=24)

Draw = Callable[[Figure, Screen], None]
_LINE_INCHES = 0.17


def heights_of_rows(names: Sequence[str], *, margin: float, row: float) -> tuple[float, float]:
    """Return how high a picture with a row for each name is, wide and narrow, in inches."""

    def height(screen: Screen) -> float:
        lines = max(screen.label(name).count("\n") for name in names)
        return margin + (row + _LINE_INCHES * lines) * len(names)

    return height(_WIDE), height(_NARROW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The table behind a picture, as texts."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """The first of each names the row."""

    @property
    def csv_link(self) -> str:
        """The table as CSV, as an address that holds all of it."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerows((self.columns, *self.rows))
        return f"data:text/csv;charset=utf-8,{quote(text.getvalue())}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture in two widths, with everything that stands around it."""

    name: str
    """Of the picture, in ids and of the file that its table is saved to."""
    caption: str
    """One sentence: what is seen."""
    description: str
    """For screen readers."""
    numbers: Numbers
    wide: str
    narrow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a page: a heading, a paragraph that says how to read the picture, the picture."""

    title: str
    words: str
    picture: Picture


def draw_picture(
    name: str,
    draw: Draw,
    *,
    heights_inches: tuple[float, float],
    caption: str,
    description: str,
    numbers: Numbers,
) -> Picture:
    """Draw a picture for both screens.

    Args:
        name: of this picture; it makes the ids in its SVG differ from those of others in the page.
        draw: draws into an empty figure.
        heights_inches: for the wide and for the narrow screen.
        caption: one sentence.
        description: for screen readers.
        numbers: what is drawn.

    """
    return Picture(
        name=name,
        caption=caption,
        description=description,
        numbers=numbers,
        wide=_svg(name, draw, _WIDE, heights_inches[0]),
        narrow=_svg(name, draw, _NARROW, heights_inches[1]),
    )


def _svg(name: str, draw: Draw, screen: Screen, height_inches: float) -> str:
    prefix = f"{name}-{screen.name}-"
    with mpl.rc_context({**_STYLE, "svg.hashsalt": prefix}):  # the same picture, the same bytes
        figure = Figure(figsize=(screen.width_inches, height_inches), layout="constrained")
        draw(figure, screen)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    svg = text[text.index("<svg") :]
    for colour, variable in _BY_SCHEME.items():
        svg = svg.replace(f": {colour}", f": var(--{variable}, {colour})")
    return re.sub(r'\bid="|href="#|url\(#', lambda found: found[0] + prefix, svg)
