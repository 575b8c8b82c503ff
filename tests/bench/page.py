"""index.html: pictures of all results in a directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from edgeagent import __version__
from edgeagent.simulator.pictures.picture import (
    ESTIMATE,
    INK,
    QUIET,
    Numbers,
    Picture,
    Screen,
    draw_picture,
    heights_of_rows,
)
from tests.bench.bench import Bench, Ratio
from tests.bench.benches import bench_named
from tests.bench.result import Result, Spread, found_results
from tests.bench.result_tables import how_made, rows_of

__all__ = ["write_page"]

_HERE = Path(__file__).parent
_ROW_INCHES, _EDGE_INCHES = 0.42, 0.7


def write_page(directory: Path) -> Path:
    """Write the page of a directory of results and return where it is.

    Raises:
        FileNotFoundError: there are none.
        OSError: it cannot be written.

    """
    found = [(bench_named(name), result) for name, result in found_results(directory).items()]
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(_HERE), PackageLoader("edgeagent.simulator", "")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    html = environment.get_template("bench.html").render(
        version=__version__,
        seed="as each bench says",
        found=found,
        how_made=how_made,
        rows_of=rows_of,
        picture=_picture(found),
    )
    path = directory / "index.html"
    path.write_text(html, "utf-8")
    return path


def _picture(found: Sequence[tuple[Bench, Result]]) -> Picture:
    rows = [row for bench, result in found for row in result.compared(bench)]
    names = [_plain(ratio.words) for ratio, _ in rows]
    return draw_picture(
        "ratios",
        lambda figure, screen: _draw(rows, figure, screen),
        heights_inches=heights_of_rows(names, margin=_EDGE_INCHES, row=_ROW_INCHES),
        caption="How many times the peer or floor of the same run; the line is from the least run "
        "to the most.",
        description=f"A dot for each of {len(rows)} ratios on a scale of powers of ten.",
        numbers=Numbers(
            columns=("measured", "beside", "times"),
            rows=tuple(
                (name, ratio.beside, str(spread))
                for name, (ratio, spread) in zip(names, rows, strict=True)
            ),
        ),
    )


def _draw(rows: Sequence[tuple[Ratio, Spread]], figure: Figure, screen: Screen) -> None:
    axes = figure.subplots()
    axes.set_xscale("log")
    axes.set_xmargin(0.12)  # figures stand above the dots, also above the outermost
    axes.axvline(1, color=QUIET, lw=1)
    for place, (_, spread) in enumerate(rows):
        axes.plot([spread.least, spread.most], [place, place], color=ESTIMATE, lw=3, alpha=0.35)
        axes.plot([spread.median], [place], "o", color=ESTIMATE, ms=7)
        axes.annotate(
            f"{spread.median:.3g}",
            (spread.median, place),
            textcoords="offset points",
            xytext=(0, 7),
            ha="center",
            color=INK,
            fontsize=8,
        )
    axes.set_yticks(range(len(rows)), [screen.label(_plain(ratio.words)) for ratio, _ in rows])
    axes.set_ylim(len(rows) - 0.4, -0.7)
    axes.minorticks_off()
    low, high = axes.get_xlim()
    steps = (1, 2, 5) if screen.wide or high < 100 * low else (1,)  # more would lie on each other
    ticks = [m * 10.0**k for k in range(-3, 4) for m in steps if low <= m * 10.0**k <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xlabel("times the peer or floor")


def _plain(words: str) -> str:
    """Return words without the marks of code, which are for Markdown."""
    return words.replace("`", "")
