"""``server-stub plan``: what counts say to those who buy, make and schedule programmes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputFile
from edgeagent.help_pages import HelpfulGroup
from edgeagent.messages.task import DAYPARTS
from server_stub.cli.options import STORED_FILE, repository_option, task_option
from server_stub.cli.source import ReportSource, source_options

if TYPE_CHECKING:
    from server_stub.planning.mix import SessionMix

__all__ = ["plan"]


@click.group(
    cls=HelpfulGroup,
    examples={
        "how much of the viewing is crime": (
            "server-stub plan reach --repository repo --store reports.db --segment Crime"
        ),
        "what a segment is": "server-stub plan brief 7 --repository repo --portrait portrait.json",
    },
)
def plan() -> None:
    """Plan with the segments' shares: targets, programmes, line-ups.

    Everything is computed from noisy counts of the boxes that consent to reports, and says how far
    it can be trusted.
    """


_PORTRAIT_HELP = "What the segments are on the panel; 'model-export portray' writes it."
portrait_option = click.option("--portrait", "portrait_file", type=STORED_FILE, help=_PORTRAIT_HELP)


def mix_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where counts come from; ``command`` gets them as ``mix``."""

    @source_options
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
        source: ReportSource,
        *,
        repository: Path,
        task_file: Path | None,
        weeks: tuple[int, ...],
        **rest: object,
    ) -> None:
        from server_stub.distribution.published_tasks import (  # noqa: PLC0415  (for plans)
            load_task,
            manifest_of,
            published_tasks,
        )
        from server_stub.planning.mix import session_mix  # noqa: PLC0415  (the same)

        task = load_task(task_file) if task_file else published_tasks(repository)[-1]
        with source.opened() as aggregator:
            mix = session_mix(aggregator, task, manifest_of(repository, task), weeks=weeks)
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
@click.option(
    "--daypart",
    type=click.Choice(DAYPARTS),
    help="Only sessions that began then, where the task counts by it.  [default: all day]",
)
@portrait_option
@json_option
def reach(
    *,
    mix: SessionMix,
    segments: tuple[str, ...],
    topics: tuple[str, ...],
    most_sessions: int | None,
    daypart: str | None,
    portrait_file: Path | None,
    as_json: bool,
) -> None:
    """Estimate how much of the viewing is in a target.

    The share of the answers of reporting boxes, with bounds for the share of boxes.
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
        daypart=daypart or "",
        most_sessions=most_sessions,
        portrait=None if portrait_file is None else load_portrait(portrait_file, mix.task),
    )
    if as_json:
        emit_json(result)
        return
    for line in result.lines():
        click.echo(line)


@plan.command()
@mix_options
@click.argument("segment")
@click.option("--portrait", "portrait_file", type=STORED_FILE, required=True, help=_PORTRAIT_HELP)
@click.option("--html", "page", type=OutputFile(), help="Write it as a page to print, too.")
@json_option
def brief(
    *,
    mix: SessionMix,
    segment: str,
    portrait_file: Path,
    page: Path | None,
    as_json: bool,
) -> None:
    """Describe SEGMENT for those who make trailers and programmes.

    Its size comes from the counts, everything else from the panel's portrait.
    SEGMENT is a number, a name, or a part of one name.
    """
    from server_stub.planning.brief import brief_segment  # noqa: PLC0415  (for this command only)
    from server_stub.planning.brief_page import write_brief_page  # noqa: PLC0415  (the same)
    from server_stub.planning.files import load_portrait  # noqa: PLC0415  (the same)

    result = brief_segment(mix, mix.segment(segment), load_portrait(portrait_file, mix.task))
    if page is not None:
        write_brief_page(result, page)
    if as_json:
        emit_json(result)
        return
    for line in result.lines():
        click.echo(line)


@plan.command()
@mix_options
@click.option(
    "--candidates",
    "candidates_file",
    type=STORED_FILE,
    required=True,
    help="Titles with their appeal to each segment, CSV; 'model-export portray' writes it.",
)
@click.option(
    "--slots",
    "slots_file",
    type=STORED_FILE,
    required=True,
    help="What is to be filled, CSV: slot, and maybe daypart, max_age, minutes.",
)
@click.option(
    "--variety",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="At least so many genres in the line-up.",
)
@portrait_option
@json_option
def schedule(
    *,
    mix: SessionMix,
    candidates_file: Path,
    slots_file: Path,
    variety: int,
    portrait_file: Path | None,
    as_json: bool,
) -> None:
    """Choose the line-up with the largest expected share of the answers of boxes.

    No title twice; age, daypart and length as the files say. Titles that are
    as good within the noise are shown beside each choice.
    """
    from server_stub.planning.files import load_portrait  # noqa: PLC0415  (for this command only)
    from server_stub.planning.line_up import Rules  # noqa: PLC0415  (the same)
    from server_stub.planning.schedule import plan_schedule  # noqa: PLC0415  (the same)
    from server_stub.planning.tables import read_candidates, read_slots  # noqa: PLC0415  (the same)

    result = plan_schedule(
        mix,
        read_candidates(candidates_file, mix.task),
        read_slots(slots_file),
        Rules(variety=variety),
        portrait=None if portrait_file is None else load_portrait(portrait_file, mix.task),
    )
    if as_json:
        emit_json(result)
        return
    for line in result.lines():
        click.echo(line)
