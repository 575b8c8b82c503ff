"""``model-export portray``."""

from __future__ import annotations

from pathlib import Path

import click

from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputFile
from edgeagent.errors import OutputError
from edgeagent.help_pages import HelpfulCommand
from model_export.cli.options import Source, progress_bar, source_options

__all__ = ["command"]


@click.command(
    "portray",
    cls=HelpfulCommand,
    examples={
        "for 'server-stub plan', with titles to choose from": (
            "model-export portray model.npz --out portrait.json --candidates titles.csv"
        ),
    },
)
@click.argument("model_file", metavar="MODEL", type=click.Path(dir_okay=False, path_type=Path))
@source_options
@click.option("--out", type=OutputFile(), required=True, help="The portrait, a JSON file.")
@click.option(
    "--candidates",
    type=OutputFile(),
    help="Titles for 'server-stub plan schedule', a CSV file; take out the rows you do not have.",
)
@click.option(
    "--most",
    type=click.IntRange(min=1),
    default=500,
    show_default=True,
    help="List so many candidates, the most watched first.",
)
@json_option
def command(
    *,
    model_file: Path,
    source: Source,
    out: Path,
    candidates: Path | None,
    most: int,
    as_json: bool,
) -> None:
    """Describe the segments of MODEL as the panel watches them, for who plans with counts.

    The portrait holds for each segment what stands out in it, which titles
    carry it, and how much of what is watched there is its own. Viewings are
    those the model was trained on, or newer ones of the same titles.
    """
    with progress_bar("Describing segments", hidden=as_json) as progress:
        progress("Reading", 0.0)
        from edgeagent.messages import canonical_bytes  # noqa: PLC0415  (loads msgspec)
        from model_export.heads.model_file import load_model  # noqa: PLC0415  (loads numpy)
        from model_export.segments.appeal import (  # noqa: PLC0415  (the same)
            assign_sessions,
            fit_appeal,
            later_error,
        )
        from model_export.segments.portraits import (  # noqa: PLC0415  (the same)
            candidates_csv,
            panel_portrait,
        )

        model, log = load_model(model_file), source.load()
        progress("Assigning sessions", 0.2)
        assigned = assign_sessions(model, log, seed=source.seed)
        progress("Fitting appeals", 0.8)
        portrait = panel_portrait(model, log, assigned)
        _write(out, canonical_bytes(portrait))
        facts: dict[str, object] = {"portrait": str(out), "sessions": portrait.sessions}
        if candidates is not None:
            appeal = fit_appeal(model, assigned)
            error = later_error(model, assigned)
            chosen = (-appeal.watched).argsort(kind="stable")[:most].tolist()
            text = candidates_csv(model, appeal, model_error=error, chosen=chosen)
            _write(candidates, text.encode())
            facts |= {"candidates": str(candidates), "titles": len(chosen), "model_error": error}
    if as_json:
        emit_json(facts)
        return
    click.echo(f"portrait of {len(portrait.segments)} segments in {out}")
    if candidates is not None:
        click.echo(
            f"{len(chosen)} candidates in {candidates}; "
            f"the model is wrong by {error:.0%} of a title's part, typically"
        )


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}", hint="choose another place"
        ) from error
