"""``server-stub repo publish``, ``promote``, ``rollback``, ``stop`` and ``publish-creatives``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from edgeagent.command_group import json_option
from edgeagent.messages.rollout import Percent
from server_stub.cli.repo.operator_options import operator_options
from server_stub.cli.repo.shown import say_state

if TYPE_CHECKING:
    from server_stub.distribution.operator import Operator

__all__ = [
    "CONTENT_DAYS",
    "TIMESTAMP_DAYS",
    "promote",
    "publish",
    "publish_creatives",
    "rollback",
    "stop",
]

_LONGEST_DAYS = 3650

CONTENT_DAYS = click.option(
    "--content-days",
    type=click.IntRange(1, _LONGEST_DAYS),
    default=180,
    show_default=True,
    help="How long the signatures under models, catalogue and task last.",
)
TIMESTAMP_DAYS = click.option(
    "--timestamp-days",
    type=click.IntRange(1, _LONGEST_DAYS),
    default=7,
    show_default=True,
    help="How long boxes take this state for the newest; 'refresh' signs it again.",
)


def _percent(_ctx: click.Context, _option: click.Parameter, value: str | None) -> Percent | None:
    steps: dict[str, Percent] = {str(step): step for step in get_args(Percent)}
    return None if value is None else steps[value]


_percent_option = click.option(
    "--percent",
    type=click.Choice([str(step) for step in get_args(Percent)]),
    callback=_percent,
    help="Part of the boxes that use the new model; without it, all of them.",
)


@click.command()
@click.argument("directory", metavar="EXPORT", type=click.Path(file_okay=False, path_type=Path))
@_percent_option
@click.option(
    "--keep-task",
    is_flag=True,
    help="Go on with the segments of the report task published before.",
)
@CONTENT_DAYS
@TIMESTAMP_DAYS
@operator_options(makes_keys=True, signs_root=True)
@json_option
def publish(
    *,
    operator: Operator,
    directory: Path,
    percent: Percent | None,
    keep_task: bool,
    as_json: bool,
) -> None:
    """Sign what 'model-export export' wrote as the newest state of a repository.

    Where there is no repository it is made, as by 'init'. Within a quarter,
    publishing again leaves the report task and its segments as they are, so
    that one sum never mixes segments of two models. Publish once a quarter at
    least, in its first week. Ship REPOSITORY/root.json with the box.

    \b
    server-stub repo publish export --repository repository --keys keys \\
        --no-passphrase
    """  # noqa: D301  (click's mark for a block that is not rewrapped)
    from server_stub.distribution import publish as publishing  # noqa: PLC0415  (loads tuf)

    artefacts = publishing.read_artefacts(directory)
    publishing.publish(operator, artefacts, keep_task=keep_task, percent=percent)
    say_state(
        operator,
        f"published {artefacts.manifest.model_version} in {operator.repository.path}; "
        f"next: server-stub serve --repository {operator.repository.path}",
        as_json=as_json,
    )


@click.command()
@_percent_option
@operator_options()
@json_option
def promote(*, operator: Operator, percent: Percent | None, as_json: bool) -> None:
    """Raise the part of the boxes that use the model being rolled out, to all in the end.

    \b
    server-stub repo promote --percent 25 --repository repository --keys keys
    """  # noqa: D301  (click's mark for a block that is not rewrapped)
    from server_stub.distribution.publish import promote as sign  # noqa: PLC0415  (loads tuf)

    sign(operator, percent)
    say_state(operator, f"promoted to {percent or 100} percent", as_json=as_json)


@click.command()
@click.option("--to", metavar="VERSION", help="Which model.  [default: the one before]")
@operator_options()
@json_option
def rollback(*, operator: Operator, to: str | None, as_json: bool) -> None:
    """Take back the model being rolled out; without a rollout, publish the model before again.

    Boxes accept no older metadata, so that the old model gets new versions.
    The report task stays: reports of a quarter are about one model.

    \b
    server-stub repo rollback --repository repository --keys keys
    """  # noqa: D301  (click's mark for a block that is not rewrapped)
    from server_stub.distribution.rollback import rollback as sign  # noqa: PLC0415  (loads tuf)

    sign(operator, to)
    say_state(operator, "rolled back", as_json=as_json)


@click.command()
@click.option(
    "--model", "models", multiple=True, help="Version, or SHA-256 of the ONNX file; repeatable."
)
@click.option("--task", "tasks", multiple=True, help="Name of a report task; repeatable.")
@click.option("--lift", is_flag=True, help="Take these stops back.")
@operator_options()
@json_option
def stop(
    *,
    operator: Operator,
    models: tuple[str, ...],
    tasks: tuple[str, ...],
    lift: bool,
    as_json: bool,
) -> None:
    """Stop a model or a report task on every box, at its next update.

    A box whose model is stopped goes back to another one that it has. A box
    sends nothing for a stopped task, what is waiting included.

    \b
    server-stub repo stop --task subset_selection.33.3-1.227 \\
        --repository repository --keys keys
    """  # noqa: D301  (click's mark for a block that is not rewrapped)
    from server_stub.distribution.rollback import stop as sign  # noqa: PLC0415  (loads tuf)

    if not models and not tasks:
        raise click.UsageError("name a --model or a --task")
    sign(operator, models=models, tasks=tasks, lift=lift)
    say_state(operator, "lifted" if lift else "stopped", as_json=as_json)


@click.command()
@click.argument("directory", metavar="PACK", type=click.Path(file_okay=False, path_type=Path))
@CONTENT_DAYS
@TIMESTAMP_DAYS
@operator_options(makes_keys=True)
@json_option
def publish_creatives(*, operator: Operator, directory: Path, as_json: bool) -> None:
    """Sign the promos and ads of PACK in the place of those before.

    The first time it adds the role 'creatives' to the repository, with a key of
    its own; for that the key of targets has to be here. An empty catalogue takes
    all of them back.

    \b
    server-stub repo publish-creatives pack --repository repository --keys keys
    """  # noqa: D301  (click's mark for a block that is not rewrapped)
    from server_stub.distribution import creatives  # noqa: PLC0415  (loads tuf)

    packed = creatives.read_creatives(directory)
    creatives.publish_creatives(operator, packed)
    number, place = len(packed.catalogue.creatives), operator.repository.path
    said = f"published {number} {'creative' if number == 1 else 'creatives'} in {place}"
    say_state(operator, said, as_json=as_json)
