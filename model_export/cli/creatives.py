"""``model-export creatives``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgeagent.clock import SystemClock
from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputDirectory
from edgeagent.errors import InputError
from edgeagent.help_pages import HelpfulGroup

if TYPE_CHECKING:
    from edgeagent.promotion.rules import CreativeFault

__all__ = ["command"]

_manifest_option = click.option(
    "--manifest",
    "manifest_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Manifest of the published model; without it targets are not held against its segments.",
)
_model_option = click.option(
    "--model",
    "model_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The trained model; without it artwork is not held against its titles.",
)


@click.group(
    "creatives",
    cls=HelpfulGroup,
    examples={
        "what a publisher signs": "model-export creatives pack creatives.json --out pack",
        "what is wrong with it": "model-export creatives check creatives.json",
    },
)
def command() -> None:
    """Promos, ads and artwork that boxes choose among."""


@command.command()
@click.argument("catalogue", type=click.Path(path_type=Path))
@click.option(
    "--files",
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory of the pictures that 'pack' has named by their hashes; without it they are not "
    "looked at.",
)
@_manifest_option
@_model_option
@json_option
def check(
    *,
    catalogue: Path,
    files: Path | None,
    manifest_file: Path | None,
    model_file: Path | None,
    as_json: bool,
) -> None:
    """Say everything that boxes would refuse in CATALOGUE, or ignore (else exit 3).

    Each fault comes with its creative, its field and what to do. CATALOGUE is
    what 'pack' reads, with the pictures beside it, or what it wrote.
    """
    from model_export.heads.model_file import load_model  # noqa: PLC0415  (loads numpy)
    from model_export.publishing.creatives import check_creatives, read_manifest  # noqa: PLC0415
    from model_export.publishing.creatives_pack import is_described, pack_creatives  # noqa: PLC0415

    manifest = None if manifest_file is None else read_manifest(manifest_file)
    model = None if model_file is None else load_model(model_file)
    checked = (
        pack_creatives(catalogue, now=SystemClock().now(), manifest=manifest, model=model)
        if is_described(catalogue)
        else check_creatives(catalogue, files=files, manifest=manifest, model=model)
    )
    if as_json or checked.faults:
        _say(catalogue, checked.creatives, checked.faults, as_json=as_json)
    else:
        click.echo(f"{_number(checked.creatives, 'creative')}, no faults")


@command.command()
@click.argument("catalogue", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--out",
    type=OutputDirectory(),
    default=Path("pack"),
    show_default=True,
    help="Directory for the pack.",
)
@_manifest_option
@_model_option
@json_option
def pack(
    *,
    catalogue: Path,
    out: Path,
    manifest_file: Path | None,
    model_file: Path | None,
    as_json: bool,
) -> None:
    """Write what is signed of CATALOGUE: canonical bytes, and files named by hash.

    In CATALOGUE 'asset' is the name of a file beside it, and moments are written
    as 2026-12-01T00:00:00Z. Everything is checked first, as by 'check'; with a
    fault nothing is written (exit 3).

    \b
    model-export creatives pack creatives.json --manifest export/manifest.json
    """  # noqa: D301  (click's mark for a block that is not rewrapped)
    from model_export.heads.model_file import load_model  # noqa: PLC0415  (loads numpy)
    from model_export.publishing.creatives import read_manifest  # noqa: PLC0415
    from model_export.publishing.creatives_pack import pack_creatives, write_pack  # noqa: PLC0415

    manifest = None if manifest_file is None else read_manifest(manifest_file)
    model = None if model_file is None else load_model(model_file)
    packed = pack_creatives(catalogue, now=SystemClock().now(), manifest=manifest, model=model)
    if packed.faults:
        _say(catalogue, packed.creatives, packed.faults, as_json=as_json)
    write_pack(packed.files, out)
    if as_json:
        files = {
            name: {"path": str(out / name), "bytes": len(data)}
            for name, data in packed.files.items()
        }
        emit_json({"creatives": packed.creatives, "faults": [], "files": files})
        return
    for name, data in packed.files.items():
        click.echo(f"{len(data):11,}  {out / name}")
    click.echo(
        f"{_number(packed.creatives, 'creative')}, no faults\n"
        f"next: server-stub repo publish-creatives {out} --repository DIRECTORY --keys ELSEWHERE"
    )


def _say(
    catalogue: Path, creatives: int, faults: Sequence[CreativeFault], *, as_json: bool
) -> None:
    """Print faults, or that there are none, for machines.

    Raises:
        InputError: there are some.

    """
    if as_json:
        emit_json({"creatives": creatives, "faults": [asdict(fault) for fault in faults]})
    else:
        for fault in faults:
            click.echo(str(fault))
    if faults:
        raise InputError(
            f"{catalogue}: {_number(len(faults), 'fault')} in {_number(creatives, 'creative')}",
            hint="correct them; boxes keep the catalogue before until then",
        )


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
