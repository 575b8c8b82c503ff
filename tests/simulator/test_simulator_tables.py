"""What stands behind and beside a picture: its table as CSV, whole labels, colours of the page."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import unquote

from matplotlib.figure import Figure

from edgeagent.simulator.pictures.picture import (
    ESTIMATE,
    Numbers,
    Screen,
    draw_picture,
    heights_of_rows,
)

_LONG = "Romantic comedy series of the 2020s, with a name that goes on and on"


def test_a_table_is_saved_as_csv_without_a_server() -> None:
    numbers = Numbers(columns=("name", "share, %"), rows=(('a "b", c', "1.5"), ("Zoë", "2")))
    kind, _, text = numbers.csv_link.partition(",")
    assert kind == "data:text/csv;charset=utf-8"
    assert not set(text) & set("\"'<>&# \n")  # it stands in an attribute, and is an address
    rows = list(csv.reader(io.StringIO(unquote(text))))
    assert rows == [["name", "share, %"], ['a "b", c', "1.5"], ["Zoë", "2"]]


def test_a_long_label_takes_more_lines_and_its_row_more_room() -> None:
    labels: dict[str, str] = {}

    def draw(figure: Figure, screen: Screen) -> None:
        labels[screen.name] = screen.label(_LONG)
        axes = figure.subplots()
        axes.set_yticks([0], [screen.label(_LONG)])
        axes.plot([0, 1], [0, 0], color=ESTIMATE)

    heights = heights_of_rows([_LONG, "short"], margin=0.5, row=0.25)
    picture = draw_picture(
        *("labels", draw),
        heights_inches=heights,
        caption="",
        description="",
        numbers=Numbers(columns=(), rows=()),
    )
    assert {name: label.replace("\n", " ") for name, label in labels.items()} == {
        "wide": _LONG,
        "narrow": _LONG,
    }
    assert labels["narrow"].count("\n") > labels["wide"].count("\n") > 0
    assert heights[1] > heights[0] > 2 * 0.25 + 0.5
    assert heights_of_rows(["short"], margin=0.5, row=0.25) == (0.75, 0.75)
    for svg in (picture.wide, picture.narrow):
        assert f"var(--estimate, {ESTIMATE})" in svg
        assert not re.search(rf"(?:fill|stroke): {ESTIMATE}", svg)
