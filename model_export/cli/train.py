"""``model-export train``."""

from __future__ import annotations

from pathlib import Path

import click

from model_export.cli.door import (
    Source,
    emit_json,
    json_option,
    progress_bar,
    size_options,
    source_options,
)

__all__ = ["command"]


@click.command("train")
@source_options
@size_options
@click.option(
    "--previous",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Model file whose segment ids keep their meaning.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("model.npz"),
    show_default=True,
    help="Model file to write.",
)
@json_option
def command(
    *,
    source: Source,
    segments: int,
    dimension: int,
    previous: Path | None,
    out: Path,
    as_json: bool,
) -> None:
    """Train embeddings and segments on all viewings.

    Settings are chosen on the last fifth of the time; then everything is
    used. 'model-export evaluate' says how good such a model is.
    """
    from model_export.cli.facts import model_facts, show_model  # noqa: PLC0415  (loads numpy)
    from model_export.model_file import load_model, save_model  # noqa: PLC0415
    from model_export.train import train  # noqa: PLC0415

    with progress_bar(hidden=as_json) as progress:
        progress("Reading viewings", 0.0)
        model = train(
            source.load(),
            seed=source.seed,
            segments=segments,
            dimension=dimension,
            previous=None if previous is None else load_model(previous),
            progress=progress,
        )
    save_model(model, out)
    if as_json:
        emit_json({"out": str(out), **model_facts(model)})
        return
    show_model(model)
    click.echo(f"\nwritten to {out}; next: model-export publish {out} --repository DIR --keys DIR")
