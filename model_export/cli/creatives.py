"""``model-export creatives``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from edgeagent.command_group import emit_json, json_option
from edgeagent.errors import InputError
from edgeagent.help_pages import HelpfulGroup

__all__ = ["command"]


@click.group(
    "creatives",
    cls=HelpfulGroup,
    examples={
        "before it is published": "model-export creatives check creatives.json",
    },
)
def command() -> None:
    """Promos and ads that boxes choose among."""


@command.command()
@click.argument("catalogue", type=click.Path(path_type=Path))
@click.option(
    "--files",
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory of the pictures, named by their hashes; without it they are not looked at.",
)
@click.option(
    "--manifest",
    "manifest_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Manifest of the published model; without it targets are not held against its segments.",
)
@json_option
def check(
    *, catalogue: Path, files: Path | None, manifest_file: Path | None, as_json: bool
) -> None:
    """Say everything that boxes would refuse in CATALOGUE, or ignore (else exit 3).

    Each fault comes with its creative, its field and what to do.
    """
    from model_export.publishing.creatives import check_creatives, read_manifest  # noqa: PLC0415

    manifest = None if manifest_file is None else read_manifest(manifest_file)
    checked = check_creatives(catalogue, files=files, manifest=manifest)
    if as_json:
        emit_json({"creatives": checked.creatives, "faults": [asdict(f) for f in checked.faults]})
    else:
        for fault in checked.faults:
            click.echo(str(fault))
    if checked.faults:
        raise InputError(
            f"{catalogue}: {len(checked.faults)} faults in {checked.creatives} creatives",
            hint="correct them; boxes keep the catalogue before until then",
        )
    if not as_json:
        click.echo(f"{checked.creatives} creatives, no faults")
