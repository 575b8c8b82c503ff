"""A picture of segments over titles: what lies near each other is watched by the same people.

Segments are placed in the plane so that distances between them are like those between their
centroids (classical scaling, Torgerson 1952, then SMACOF, de Leeuw 1977); each title lies between
the segments it is like. Two dimensions cannot show a hundred: neighbours are, distances are not.
"""

from __future__ import annotations

import io
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError, OutputError
from model_export.heads.trained_model import TrainedModel
from model_export.segments.kmeans import unit_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_map"]

_FORMATS = (".png", ".svg")
_MOST_TITLES = 1500
_SHARPNESS = 25.0
"""How much nearer a title lies to the segment it is most like than to the next."""
_ITERATIONS = 300
_INK, _PAPER, _STAYS = "#1f2a37", "#ffffff", "#b42318"
_INCHES, _DPI, _COLOURS = (13.0, 8.5), 100, 64
_LETTERS = 24
_LETTER_WIDTH, _LINE_HEIGHT, _MARGIN = 0.0062, 0.0195, 0.006
"""As parts of the picture."""
_SPREAD = 0.012
"""Titles that are like one segment alone would lie in one spot."""
_LEGEND = (
    "Each dot is a title, larger where more watched, between the segments it is like; "
    "percentages are shares of viewing sessions."
)


def draw_map(model: TrainedModel, path: Path) -> None:
    """Draw the map of a model's segments.

    Raises:
        InputError: the file is to be neither PNG nor SVG, or matplotlib is not there.
        OutputError: it cannot be written.

    """
    if path.suffix.lower() not in _FORMATS:
        raise InputError(f"{path} is no picture", hint="name a file that ends in .png or .svg")
    try:
        import matplotlib as mpl  # noqa: PLC0415  (the extra simulator)
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise InputError(
            "matplotlib, which draws the map, is not installed",
            hint="pip install 'edgeagent[simulator]'",
        ) from error
    places, labels = _segment_places(model)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "edgeagent", "font.size": 9}):
        figure = Figure(figsize=_INCHES, facecolor=_PAPER)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, 1), ylim=(0, 1))
        axes.set_axis_off()
        _draw_titles(axes, model, places)
        _draw_labels(axes, model, places, labels)
        try:
            if path.suffix.lower() == ".svg":
                figure.savefig(path, metadata={"Date": None})
            else:
                _save_png(figure, path)
        except OSError as error:
            raise OutputError(
                f"{path} cannot be written: {error.strerror}", hint="choose another --map"
            ) from error


def _save_png(figure: Figure, path: Path) -> None:
    """Write a picture of 64 colours: a quarter of the bytes, and no difference to the eye."""
    from PIL import Image  # noqa: PLC0415  (matplotlib brings it)

    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=_DPI)
    with Image.open(drawn) as picture:
        few = picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
        few.save(path, format="PNG", optimize=True)


def _draw_titles(axes: Axes, model: TrainedModel, places: NDArray[np.float64]) -> None:
    """Draw the most watched titles as dots between the segments they are like."""
    import matplotlib as mpl  # noqa: PLC0415  (the extra simulator)

    shown = np.argsort(-model.bias, kind="stable")[:_MOST_TITLES]
    likeness = unit_rows(model.table.embeddings()[shown]) @ model.centroids.T
    weights = np.exp(_SHARPNESS * (likeness - likeness.max(axis=1, keepdims=True)))
    spots = weights @ places / weights.sum(axis=1, keepdims=True)
    spots += np.random.default_rng(0).normal(size=spots.shape) * _SPREAD
    colours = mpl.colormaps["tab20"](likeness.argmax(axis=1) % 20)
    sizes = 4 + 60 * model.bias[shown] / max(float(model.bias.max()), 1e-9)
    axes.scatter(spots[:, 0], spots[:, 1], s=sizes, c=colours, alpha=0.45, linewidths=0)


def _draw_labels(
    axes: Axes, model: TrainedModel, places: NDArray[np.float64], labels: list[str]
) -> None:
    for number, (x, y) in enumerate(places):
        stays = model.labels[number].sensitive
        text = f"{labels[number]}\n{model.session_share[number]:.1%}"
        axes.text(
            x,
            y,
            f"{text}, stays on the device" if stays else text,
            ha="center",
            va="center",
            color=_STAYS if stays else _INK,
            linespacing=1.15,
            bbox={"boxstyle": "round,pad=0.25", "fc": _PAPER, "ec": "none", "alpha": 0.6},
        )
    axes.text(0.01, 0.012, _LEGEND, color=_INK, fontsize=8.5)


def _segment_places(model: TrainedModel) -> tuple[NDArray[np.float64], list[str]]:
    """Return [S, 2] where the segments lie, 0-1, so that labels do not overlap, and the labels."""
    labels = ["\n".join(textwrap.wrap(label.name, _LETTERS)) for label in model.labels]
    lines = [label.split("\n") for label in labels]
    half = np.array(
        [(max(map(len, each)) * _LETTER_WIDTH, (len(each) + 1) * _LINE_HEIGHT) for each in lines]
    )
    half = half / 2 + _MARGIN
    distances = np.maximum(1.0 - model.centroids @ model.centroids.T, 0.0)
    places = _scaled(_in_the_plane(distances))
    for _ in range(_ITERATIONS):
        places = np.clip(places + _pushes(places, half), half, 1 - half)
    return places, labels


def _in_the_plane(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return [S, 2] with distances like these [S, S]: classical scaling, then majorisation."""
    count = len(distances)
    centring = np.eye(count) - 1.0 / count
    values, vectors = np.linalg.eigh(-0.5 * centring @ distances**2 @ centring)
    places = vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 1e-12))
    for _ in range(_ITERATIONS):
        now = np.linalg.norm(places[:, np.newaxis] - places, axis=2)
        ratio = -distances / np.where(now > 0, now, np.inf)
        np.fill_diagonal(ratio, 0.0)
        np.fill_diagonal(ratio, -ratio.sum(axis=1))
        places = ratio @ places / count
    return np.asarray(places)


def _scaled(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fill the picture: half by place, half by rank, so that no corner stays empty."""
    low, high = places.min(axis=0), places.max(axis=0)
    by_place = (places - low) / np.maximum(high - low, 1e-12)
    by_rank = places.argsort(axis=0).argsort(axis=0) / max(len(places) - 1, 1)
    return np.asarray(0.05 + 0.9 * (by_place + by_rank) / 2)


def _pushes(places: NDArray[np.float64], half: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far [S, 2] boxes of half sizes [S, 2] give way to those they overlap."""
    apart = places[:, np.newaxis] - places
    overlap = half[:, np.newaxis] + half - np.abs(apart)
    hit = (overlap.min(axis=2) > 0) & ~np.eye(len(places), dtype=np.bool_)
    # Along the direction in which it takes the smaller step.
    sideways = overlap[..., 0] < overlap[..., 1]
    push = np.where(np.stack([sideways, ~sideways], axis=2), overlap, 0.0)
    push *= np.where(apart >= 0, 1.0, -1.0) * hit[..., np.newaxis]
    return np.asarray(push.sum(axis=1) / 4)
