"""``model-export publish``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from edgeagent.clock import SystemClock
from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputDirectory
from edgeagent.messages.fields import MechanismName
from edgeagent.messages.targets import ROOT_NAME
from edgeagent.messages.task import (
    EARLIEST_ZONE_MINUTES,
    LATEST_ZONE_MINUTES,
    PERMITTED_GROUPS,
    GroupDayparts,
)

if TYPE_CHECKING:  # loads numpy
    from model_export.heads.trained_model import TrainedModel

__all__ = ["command"]


class UtcOffset(click.ParamType[int]):
    """A zone such as ``+01:00``, as minutes east of Greenwich in quarters of an hour."""

    name = "±HH:MM"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the minutes, or fail."""
        found = re.fullmatch(r"([+-])(0\d|1[0-4]):(00|15|30|45)", str(value))
        minutes = 0 if found is None else 60 * int(found[2]) + int(found[3])
        signed = -minutes if found and found[1] == "-" else minutes
        if found is None or not EARLIEST_ZONE_MINUTES <= signed <= LATEST_ZONE_MINUTES:
            self.fail(f"{value!r} is no zone; write it as +01:00", param, ctx)
        return signed


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
@click.option(
    "--groups",
    type=click.Choice([str(number) for number in PERMITTED_GROUPS]),
    help="Count by so many groups of segments and four parts of the day.  [default: by segment]",
)
@click.option(
    "--utc-offset",
    type=UtcOffset(),
    default="+00:00",
    show_default=True,
    help="Zone in which the parts of the day are told.",
)
@json_option
def command(  # noqa: PLR0913  (one argument an option)
    *,
    model_file: Path,
    repository: Path,
    keys: Path,
    lifetime_days: int,
    keep_task: bool,
    mechanism: MechanismName,
    groups: str | None,
    utc_offset: int,
    as_json: bool,
) -> None:
    """Export MODEL and sign it as the newest state of a TUF repository.

    The report task asks about the quarter that runs; within it, publishing
    again leaves the task and its segments as they are, so that one sum never
    mixes segments of two models, nor what a category tells: by segment, or by
    --groups of them and the time of day, in four parts. Publish once a quarter
    at least, in its first week. Ship REPOSITORY/root.json with the box.
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
        by_group=None if groups is None else _by_group(model, int(groups), utc_offset),
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


def _by_group(model: TrainedModel, groups: int, utc_offset_minutes: int) -> GroupDayparts:
    from model_export.segments.groups import group_segments  # noqa: PLC0415  (loads numpy)

    left_out = [number for number, label in enumerate(model.labels) if label.sensitive]
    found = group_segments(model.centroids, groups=groups, left_out=left_out)
    return GroupDayparts(groups=found, utc_offset_minutes=utc_offset_minutes)
