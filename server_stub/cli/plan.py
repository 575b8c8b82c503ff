"""``server-stub plan``: what counts say to those who buy, make and schedule programmes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgeagent.command_group import emit_json, json_option
from server_stub.cli.options import STORED_FILE, repository_option, store_option, task_option

if TYPE_CHECKING:
    from server_stub.planning.mix import SessionMix

__all__ = ["plan"]


@click.group()
def plan() -> None:
    """Plan with the segments' shares: targets, programmes, line-ups.

    Everything is computed from noisy counts of the boxes that consent to reports, and says how far
    it can be trusted.
    """


portrait_option = click.option(
    "--portrait",
    "portrait_file",
    type=STORED_FILE,
    help="What the segments are on the panel; 'model-export portray' writes it.",
)


def mix_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where counts come from; ``command`` gets them as ``mix``."""

    @store_option
    @repository_option
    @task_option
    @click.option(
        "--week",
        "weeks",
        type=int,
        multiple=True,
        help="Use only this UTC week; several are pooled.  [default: all weeks]",
    )
    @wraps(command)
    def with_mix(
        *,
        store: Path,
        repository: Path,
        task_file: Path | None,
        weeks: tuple[int, ...],
        **rest: object,
    ) -> None:
        from server_stub.aggregation.sqlite_aggregator import SqliteAggregator  # noqa: PLC0415  (for plans)
        from server_stub.planning.mix import session_mix  # noqa: PLC0415  (the same)
        from server_stub.repository import (  # noqa: PLC0415  (the same)
            load_task,
            manifest_of,
            published_tasks,
        )

        task = load_task(task_file) if task_file else published_tasks(repository)[-1]
        mix = session_mix(SqliteAggregator(store), task, manifest_of(repository, task), weeks=weeks)
        command(mix=mix, **rest)

    return with_mix


@plan.command()
@mix_options
@click.option(
    "--segment",
    "segments",
    multiple=True,
    help="In the target: a number, a name, or a part of one name; repeat it for several.",
)
@click.option(
    "--iab", "topics", multiple=True, help="In the target: all segments with this IAB id."
)
@click.option(
    "--most-sessions",
    type=click.IntRange(min=1),
    help="That a box has in a week: bounds the boxes from above.  [default: not known]",
)
@portrait_option
@json_option
def reach(
    *,
    mix: SessionMix,
    segments: tuple[str, ...],
    topics: tuple[str, ...],
    most_sessions: int | None,
    portrait_file: Path | None,
    as_json: bool,
) -> None:
    """Estimate how much of the viewing is in a target.

    Gross: the share of viewing sessions, with bounds for the share of boxes.
    The sampling interval and the model's own error stand apart.
    """
    from server_stub.planning.files import load_portrait  # noqa: PLC0415  (for this command only)
    from server_stub.planning.reach import plan_reach  # noqa: PLC0415  (the same)

    target = [mix.segment(name) for name in segments]
    target += [number for topic in topics for number in mix.of_topic(topic)]
    if not target:
        raise click.UsageError("name the target with --segment or --iab")
    result = plan_reach(
        mix,
        target,
        most_sessions=most_sessions,
        portrait=None if portrait_file is None else load_portrait(portrait_file, mix.task),
    )
    if as_json:
        emit_json(result)
        return
    for line in result.lines():
        click.echo(line)
