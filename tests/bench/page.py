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
)
from tests.bench.bench import Bench, Ratio
from tests.bench.benches import bench_named
from tests.bench.result import Result, Spread, found_results

__all__ = ["write_page"]

_HERE = Path(__file__).parent
_ROW_INCHES, _EDGE_INCHES = 0.55, 0.7


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
        picture=_picture(found),
    )
    path = directory / "index.html"
    path.write_text(html, "utf-8")
    return path


def _picture(found: Sequence[tuple[Bench, Result]]) -> Picture:
    rows = [
        (ratio, result.ratios[ratio.words])
        for bench, result in found
        for ratio in bench.ratios
        if ratio.words in result.ratios
    ]
    height = _EDGE_INCHES + _ROW_INCHES * len(rows)
    return draw_picture(
        "ratios",
        lambda figure, screen: _draw(rows, figure, screen),
        heights_inches=(height, height),
        caption="How many times the peer or floor of the same run; the line is from the least run "
        "to the most.",
        description=f"A dot for each of {len(rows)} ratios on a scale of powers of ten.",
        numbers=Numbers(
            columns=("measured", "beside", "times"),
            rows=tuple((ratio.words, ratio.beside, str(spread)) for ratio, spread in rows),
        ),
    )


def _draw(rows: Sequence[tuple[Ratio, Spread]], figure: Figure, screen: Screen) -> None:
    axes = figure.subplots()
    axes.set_xscale("log")
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
    axes.set_yticks(range(len(rows)), [_label(ratio.words, screen) for ratio, _ in rows])
    axes.set_ylim(len(rows) - 0.4, -0.7)
    axes.minorticks_off()
    low, high = axes.get_xlim()
    ticks = [m * 10.0**k for k in range(-3, 4) for m in (1, 2, 5) if low <= m * 10.0**k <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xlabel("times the peer or floor")


def _label(words: str, screen: Screen) -> str:
    if len(words) <= screen.letters:
        return words
    cut = words.rfind(" ", 0, len(words) // 2 + 6)
    return f"{words[:cut]}\n{words[cut + 1 :]}"
