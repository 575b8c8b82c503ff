"""``edgeagent simulate``: the whole loop on this machine, without server, data or key.

The bare command runs it; the sweep is a command of its own beside it.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from edgeagent.cli.fleet import FLEET_SIZE, poison_options
from edgeagent.cli.fleet import command as fleet
from edgeagent.cli.lines_table import lines_table
from edgeagent.cli.simulator_extra import simulator_needed
from edgeagent.cli.sweep import command as sweep
from edgeagent.cli.wording import TranslatedGroup
from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputDirectory
from edgeagent.ranking.words import words_for
from edgeagent.simulator.chapters import CHAPTERS, ChapterName
from edgeagent.stage_progress import progress_on_stderr

if TYPE_CHECKING:
    from rich.console import Console

    from edgeagent.simulator.simulation import Simulation

__all__ = ["command", "print_summary"]


def _chapters_of(
    _ctx: click.Context, _option: click.Parameter, value: str | None
) -> tuple[ChapterName, ...]:
    """Return the chapters that are named, each once, in the order of the page."""
    named = {name.strip() for name in (value or "").split(",")} - {""}
    unknown = named - {*CHAPTERS, "all"}
    if unknown:
        raise click.BadParameter(
            f"no chapter {', '.join(map(repr, sorted(unknown)))}: choose from "
            f"{', '.join(CHAPTERS)}, or all"
        )
    return tuple(name for name in CHAPTERS if named & {name, "all"})


@click.group(
    name="simulate",
    cls=TranslatedGroup,
    invoke_without_command=True,
    examples={
        "a small run, and all that it made": "edgeagent simulate --households 20 --out run --keep",
        "all chapters, of another world": "edgeagent simulate --chapters all --seed 2",
        "a million boxes report": "edgeagent simulate fleet --boxes 1000000",
    },
)
@click.option(
    "--households",
    type=click.IntRange(2, 100_000),
    help="Boxes that live for real.  [default: 200, or everyone in --ratings]",
)
@click.option(
    "--weeks",
    default=26,
    show_default=True,
    type=click.IntRange(1, 52),
    help="How long; a new box is silent for 13 weeks, then reports once in 13.",
)
@click.option(
    "--fleet",
    default=100_000,
    show_default=True,
    type=FLEET_SIZE,
    help="Virtual boxes beside them, for the estimate.",
)
@poison_options
@click.option(
    "--ratings",
    type=click.Path(path_type=Path),
    help="MovieLens directory: its people become the households.",
)
@click.option(
    "--head",
    type=click.Choice(["foldin", "linear", "timescales", "blend", "auto"]),
    default="foldin",
    show_default=True,
    help="What ranks titles; timescales needs PyTorch, auto compares all.",
)
@click.option(
    "--chapters",
    callback=_chapters_of,
    metavar=f"[{'|'.join((*CHAPTERS, 'all'))}]",
    help="Chapters to add to the page, several with commas between them.",
)
@click.option("--seed", default=1, show_default=True, type=int, help="Reaches noise, too.")
@click.option(
    "--out",
    default=Path("edgeagent-run"),
    show_default=True,
    type=OutputDirectory(),
    help="Where report.html goes.",
)
@click.option(
    "--keep", is_flag=True, help="Keep model, homes, repository, keys and server store in --out."
)
@json_option
@click.pass_context
def command(ctx: click.Context, /, *, as_json: bool, **given: Any) -> None:
    """Train, publish, serve, watch, recommend, report and estimate, all on this machine."""
    if ctx.invoked_subcommand is None:
        _run(as_json=as_json, **given)
    else:
        _refuse_options(ctx, ctx.invoked_subcommand)


command.add_command(fleet)
command.add_command(sweep)


def _refuse_options(ctx: click.Context, subcommand: str) -> None:
    """Raise for an option before a command below: it would belong to the main job, and do nothing.

    Raises:
        click.UsageError: there is one.

    """
    for option in ctx.command.params:
        if ctx.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"{option.opts[0]} belongs to the main job: write options of {subcommand} after it",
                ctx,
            )


def _run(*, as_json: bool, **given: Any) -> None:
    with simulator_needed():
        from rich.console import Console  # noqa: PLC0415  (simulator extra)

        from edgeagent.simulator.fleet.checkpoint import CHECKPOINT_NAME, forget  # noqa: PLC0415
        from edgeagent.simulator.plan import Options  # noqa: PLC0415  (simulator extra)
        from edgeagent.simulator.report_page import (  # noqa: PLC0415  (simulator extra)
            report_page_steps,
            write_report_page,
        )
        from edgeagent.simulator.simulation import simulate  # noqa: PLC0415  (simulator extra)
        from edgeagent.simulator.summary import (  # noqa: PLC0415  (simulator extra)
            raise_if_broken,
            summarize,
        )
    # Asked to end by another program is like Ctrl-C: nothing is left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = Options(**given)
    with progress_on_stderr() as progress:
        simulation = simulate(options, progress)
        progress.stage("Drawing the report page", report_page_steps(simulation))
        page = write_report_page(simulation, options.out / "report.html", advance=progress.advance)
    if as_json:
        emit_json(summarize(simulation))
    else:
        print_summary(Console(), simulation, page)
    forget(options.out / CHECKPOINT_NAME)
    raise_if_broken(simulation)


def print_summary(console: Console, simulation: Simulation, page: Path) -> None:
    """Print the result of a run for people."""
    from rich.padding import Padding  # noqa: PLC0415  (simulator extra)
    from rich.text import Text  # noqa: PLC0415  (simulator extra)

    from edgeagent.simulator.summary import headline  # noqa: PLC0415  (simulator extra)

    console.print()
    console.print(lines_table(headline(simulation)))
    first = simulation.outcomes[0]
    console.print(f"\n[bold]Recommended to household {first.number}[/bold]", highlight=False)
    for pick in first.picks.picks[:3]:
        # Text, not markup: titles are text from outside.
        line = Text(f"{pick.title}: {words_for(pick)}")
        console.print(Padding(line, (0, 0, 0, 2)))
    console.print(Text(f"\nReport page: {page}"))
