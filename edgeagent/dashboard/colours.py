"""In which colours pages are shown: what the device asks for, or what the viewer chose.

A style sheet a set of colours, linked with a media query while nobody has chosen. So each colour
stands once, and no script runs before a page has its colours. Where the system forces its own
(``forced-colors``), ``dashboard.css`` takes those, whatever was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["COLOURS", "Colours", "choose_colours"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """One way to colour pages."""

    name: str
    schemes: tuple[str, ...]
    """What a browser paints before the style sheets are there (meta ``color-scheme``)."""
    sheets: tuple[tuple[str, str], ...]
    """Files after ``dashboard.css``, whose colours are dark, each with its media query."""


COLOURS = {
    colours.name: colours
    for colours in (
        Colours(
            name="device",
            schemes=("dark", "light"),
            sheets=(
                ("light.css", "(prefers-color-scheme: light)"),
                ("contrast.css", "(prefers-contrast: more)"),
            ),
        ),
        Colours(name="dark", schemes=("dark",), sheets=()),
        Colours(name="light", schemes=("light",), sheets=(("light.css", "all"),)),
        Colours(name="contrast", schemes=("dark",), sheets=(("contrast.css", "all"),)),
    )
}


def choose_colours(chosen: str | None) -> Colours:
    """Return the colours that a cookie names, or else those that the device asks for."""
    return COLOURS.get(chosen or "", COLOURS["device"])
