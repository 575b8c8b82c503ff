"""``model-export export``."""

from __future__ import annotations

from pathlib import Path

import click

from edgeagent.clock import SystemClock
from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputDirectory

__all__ = ["command"]


@click.command("export")
@click.argument("model_file", metavar="MODEL", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--out",
    type=OutputDirectory(),
    default=Path("export"),
    show_default=True,
    help="Directory for the files.",
)
@json_option
def command(*, model_file: Path, out: Path, as_json: bool) -> None:
    """Write the files a box needs of MODEL into a directory, unsigned.

    \b
    model.onnx        the graph, tensor contract 1
    golden.npz        inputs and the answers the graph must give
    titles.catalogue  titles and their int8 embeddings
    manifest.json     what belongs together, by hash
    task.json         the report task for these segments

    For looking and for tests; boxes take what 'model-export publish' signs.
    """  # noqa: D301  (click's mark for a block that is not rewrapped)
    from model_export.heads.model_file import load_model  # noqa: PLC0415
    from model_export.publishing.artefacts import export  # noqa: PLC0415  (loads onnx)
    from model_export.publishing.files import write_files  # noqa: PLC0415

    model = load_model(model_file)
    artefacts = export(model, model, now=SystemClock().now())
    files = write_files(artefacts, out)
    if as_json:
        emit_json(
            {
                "model_version": artefacts.manifest.model_version,
                "space_id": artefacts.manifest.space_id,
                "files": {name: {"path": str(out / name), "bytes": size} for name, size in files},
            }
        )
        return
    for name, size in files:
        click.echo(f"{size:11,}  {out / name}")
    click.echo(f"{artefacts.manifest.model_version}: the graph passes onnx.checker and its vectors")
