"""``model-export publish``."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from edgeagent.clock import SystemClock
from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputDirectory
from edgeagent.messages.fields import MechanismName
from edgeagent.messages.targets import ROOT_NAME

__all__ = ["command"]


@click.command("publish")
@click.argument("model_file", metavar="MODEL", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--repository",
    required=True,
    type=OutputDirectory(),
    help="Directory to be served.",
)
@click.option(
    "--keys",
    required=True,
    type=OutputDirectory(),
    help="Private keys; made the first time. Keep them where nothing is served from.",
)
@click.option(
    "--lifetime-days",
    type=click.IntRange(1, 3650),
    default=30,
    show_default=True,
    help="How long boxes accept this state.",
)
@click.option(
    "--keep-task",
    is_flag=True,
    help="Go on with the segments of the report task published before.",
)
@click.option(
    "--mechanism",
    type=click.Choice(get_args(MechanismName)),
    default="subset_selection",
    show_default=True,
    help="What reports hold: one session's segment, or the clipped counts of a week.",
)
@json_option
def command(
    *,
    model_file: Path,
    repository: Path,
    keys: Path,
    lifetime_days: int,
    keep_task: bool,
    mechanism: MechanismName,
    as_json: bool,
) -> None:
    """Export MODEL and sign it as the newest state of a TUF repository.

    The report task asks about the quarter that runs; within it, publishing
    again leaves the task and its segments as they are, so that one sum never
    mixes segments of two models. Publish once a quarter at least, in its first
    week. Ship REPOSITORY/root.json with the box.
    """
    from model_export.heads.model_file import load_model  # noqa: PLC0415
    from model_export.publishing.artefacts import export  # noqa: PLC0415  (loads onnx)
    from model_export.publishing.publish import publish  # noqa: PLC0415  (loads tuf)

    model = load_model(model_file)
    now = SystemClock().now()
    artefacts = export(
        model,
        model,
        now=now,
        mechanism=mechanism,
    )
    task = publish(
        repository,
        artefacts,
        now=now,
        keys_dir=keys,
        lifetime_days=lifetime_days,
        keep_task=keep_task,
    )
    manifest = artefacts.manifest
    if as_json:
        emit_json(
            {
                "repository": str(repository),
                "model_version": manifest.model_version,
                "model_bytes": len(artefacts.model),
                "golden_bytes": len(artefacts.golden),
                "catalogue_bytes": len(artefacts.catalogue),
                "task": task.name,
            }
        )
        return
    click.echo(
        f"published {manifest.model_version} in {repository}: model {len(artefacts.model):,} "
        f"bytes, catalogue {len(artefacts.catalogue):,} bytes, task {task.name}\n"
        f"boxes are shipped with {repository / ROOT_NAME}; "
        f"next: server-stub serve --repository {repository}"
    )
