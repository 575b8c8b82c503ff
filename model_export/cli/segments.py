"""``model-export segments``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputFile
from edgeagent.help_pages import HelpfulCommand

if TYPE_CHECKING:
    from model_export.heads.trained_model import TrainedModel

__all__ = ["command"]

_STAYS = "stays on the device"
_WIDTH = 160
"""Of a table that goes into a file."""


@click.command(
    "segments",
    cls=HelpfulCommand,
    examples={
        "their names and sizes, and a picture": (
            "model-export segments model.npz --map segments.png"
        ),
    },
)
@click.argument("model_file", metavar="MODEL", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--map",
    "picture",
    type=OutputFile(),
    help="Draw the segments over their titles into this .png or .svg.",
)
@json_option
def command(*, model_file: Path, picture: Path | None, as_json: bool) -> None:
    """Show what the segments of MODEL are, and how well they describe sessions.

    Shares are of viewing sessions, not of households. Cohesion is the mean
    cosine of a segment's sessions with it. A sensitive segment stays on the
    device: a report counts its sessions as "none".
    """
    from model_export.heads.model_file import load_model  # noqa: PLC0415  (loads numpy)

    model = load_model(model_file)
    if picture is not None:
        from model_export.segments.map import draw_map  # noqa: PLC0415  (loads matplotlib)

        draw_map(model, picture)
    if as_json:
        drawn = None if picture is None else str(picture)
        emit_json({"segments": _rows(model), "kept_fraction": model.kept_fraction, "map": drawn})
        return
    _table(model)
    if picture is not None:
        click.echo(f"\nmap in {picture}")


def _rows(model: TrainedModel) -> list[dict[str, object]]:
    return [
        {
            "id": number,
            "name": label.name,
            "session_share": float(model.session_share[number]),
            "cohesion": float(model.cohesion[number]),
            "iab": label.iab,
            "titles": model.segment_titles[number],
            "sensitive": label.sensitive,
        }
        for number, label in enumerate(model.labels)
    ]


def _table(model: TrainedModel) -> None:
    from rich.console import Console  # noqa: PLC0415  (a tenth of a second)
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", justify="right")
    table.add_column("segment")
    table.add_column("sessions", justify="right")
    table.add_column("cohesion", justify="right")
    table.add_column("IAB 3.1")
    table.add_column("such as", overflow="fold")
    for number, label in enumerate(model.labels):
        table.add_row(
            str(number),
            f"{label.name} [{_STAYS}]" if label.sensitive else label.name,
            f"{model.session_share[number]:.1%}",
            f"{model.cohesion[number]:.2f}",
            " ".join(label.iab),
            "; ".join(model.segment_titles[number]),
        )
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH
    console.print(table)
    click.echo(f"\na session's cosine with its segment is {model.session_cosine:.2f} on average")
    if model.kept_fraction is not None:
        click.echo(f"{model.kept_fraction:.1%} of the sessions known before kept their segment")
