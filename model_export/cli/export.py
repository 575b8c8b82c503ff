"""``model-export export``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from edgeagent.clock import SystemClock
from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputDirectory
from edgeagent.help_pages import HelpfulCommand
from edgeagent.messages.fields import MechanismName
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


@click.command(
    "export",
    cls=HelpfulCommand,
    examples={
        "the files that 'server-stub repo publish' signs": (
            "model-export export model.npz --out export"
        ),
    },
)
@click.argument("model_file", metavar="MODEL", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--out",
    type=OutputDirectory(),
    default=Path("export"),
    show_default=True,
    help="Directory for the files.",
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
def command(
    *,
    model_file: Path,
    out: Path,
    mechanism: MechanismName,
    groups: str | None,
    utc_offset: int,
    as_json: bool,
) -> None:
    """Write the files a box needs of MODEL into a directory, unsigned.

    \b
    model.onnx        the graph, tensor contract 1
    golden.npz        inputs and the answers the graph must give
    titles.catalogue  titles and their int8 embeddings
    manifest.json     what belongs together, by hash
    task.json         the report task for these segments

    The report task asks about the quarter that runs: by segment, or by --groups
    of them and the time of day, in four parts. Boxes take what 'server-stub
    repo publish' signs.
    """  # noqa: D301  (click's mark for a block that is not rewrapped)
    from model_export.heads.model_file import load_model  # noqa: PLC0415
    from model_export.publishing.artefacts import export  # noqa: PLC0415  (loads onnx)
    from model_export.publishing.files import write_files  # noqa: PLC0415

    model = load_model(model_file)
    artefacts = export(
        model,
        model,
        now=SystemClock().now(),
        mechanism=mechanism,
        by_group=None if groups is None else _by_group(model, int(groups), utc_offset),
    )
    files = write_files(artefacts, out)
    if as_json:
        emit_json(
            {
                "model_version": artefacts.manifest.model_version,
                "space_id": artefacts.manifest.space_id,
                "task": artefacts.task.name,
                "files": {name: {"path": str(out / name), "bytes": size} for name, size in files},
            }
        )
        return
    for name, size in files:
        click.echo(f"{size:11,}  {out / name}")
    click.echo(
        f"{artefacts.manifest.model_version}: the graph passes onnx.checker and its vectors; "
        f"task {artefacts.task.name}\n"
        f"next: server-stub repo publish {out} --repository DIRECTORY --keys ELSEWHERE"
    )


def _by_group(model: TrainedModel, groups: int, utc_offset_minutes: int) -> GroupDayparts:
    from model_export.segments.groups import group_segments  # noqa: PLC0415  (loads numpy)

    left_out = [number for number, label in enumerate(model.labels) if label.sensitive]
    found = group_segments(model.centroids, groups=groups, left_out=left_out)
    return GroupDayparts(groups=found, utc_offset_minutes=utc_offset_minutes)
