"""``edgeagent simulate``: the whole loop on this machine, without server, data or key.

The bare command runs it; the sweep is a command of its own beside it.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from edgeagent.cli.simulator_extra import simulator_needed
from edgeagent.cli.sweep import command as sweep
from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputDirectory
from edgeagent.ranking.words import words_for

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from edgeagent.simulator.simulation import Simulation

__all__ = ["command", "print_summary", "progress_on"]


@click.group(name="simulate", invoke_without_command=True)
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
    type=click.IntRange(100, 10_000_000),
    help="Virtual boxes beside them, for the estimate.",
)
@click.option(
    "--ratings",
    type=click.Path(path_type=Path),
    help="MovieLens directory: its people become the households.",
)
@click.option(
    "--head",
    type=click.Choice(["foldin", "timescales", "auto"]),
    default="foldin",
    show_default=True,
    help="What computes picks; timescales needs PyTorch, auto compares both.",
)
@click.option("--seed", default=1, show_default=True, type=int, help="Reaches noise, too.")
@click.option(
    "--out",
    default=Path("edgeagent-run"),
    show_default=True,
    type=OutputDirectory(),
    help="Where report.html goes.",
)
@click.option("--keep", is_flag=True, help="Keep homes, repository and server store in --out.")
@json_option
@click.pass_context
def command(ctx: click.Context, /, *, as_json: bool, **given: Any) -> None:
    """Train, publish, serve, watch, pick, report and estimate, all on this machine."""
    if ctx.invoked_subcommand is None:
        _run(as_json=as_json, **given)
    else:
        _refuse_options(ctx, ctx.invoked_subcommand)


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

        from edgeagent.simulator.plan import Options  # noqa: PLC0415  (simulator extra)
        from edgeagent.simulator.report_page import write_report_page  # noqa: PLC0415
        from edgeagent.simulator.simulation import simulate  # noqa: PLC0415  (simulator extra)
        from edgeagent.simulator.summary import (  # noqa: PLC0415  (simulator extra)
            raise_if_broken,
            summarize,
        )
    # Asked to end by another program is like Ctrl-C: nothing is left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = Options(**given)
    console = Console(stderr=True)
    with progress_on(console) as progress:
        simulation = simulate(options, progress)
        progress.stage("Drawing the report page")
        page = write_report_page(simulation, options.out / "report.html")
    if as_json:
        emit_json(summarize(simulation))
    else:
        print_summary(Console(), simulation, page)
    raise_if_broken(simulation)


class _RichProgress:
    """Shows the stage, how far it is, and how long it still takes."""

    def __init__(self, bars: Progress) -> None:
        self.bars = bars
        self._task: TaskID | None = None

    def stage(self, what: str, total: int | None = None) -> None:
        """Finish the stage before and begin this one."""
        self.finish()
        self._task = self.bars.add_task(what, total=total)

    def advance(self, steps: int = 1) -> None:
        """Move the bar."""
        if self._task is not None:
            self.bars.advance(self._task, steps)

    def finish(self) -> None:
        """Fill the bar of the present stage, if there is one."""
        if self._task is not None:
            total = self.bars.tasks[self._task].total or 1
            self.bars.update(self._task, total=total, completed=total)


@contextmanager
def progress_on(console: Console) -> Iterator[_RichProgress]:
    """Show progress on a console while the block lasts."""
    from rich.progress import (  # noqa: PLC0415  (simulator extra)
        BarColumn,
        Progress,
        SpinnerColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    with Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description:34}"),  # all columns together fit in 80
        BarColumn(bar_width=12),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    ) as bars:
        progress = _RichProgress(bars)
        yield progress
        progress.finish()


def print_summary(console: Console, simulation: Simulation, page: Path) -> None:
    """Print the result of a run for people."""
    from rich.padding import Padding  # noqa: PLC0415  (simulator extra)
    from rich.table import Table  # noqa: PLC0415  (simulator extra)
    from rich.text import Text  # noqa: PLC0415  (simulator extra)

    from edgeagent.simulator.summary import headline  # noqa: PLC0415  (simulator extra)

    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in headline(simulation):
        table.add_row(name, value)
    console.print()
    console.print(table)
    first = simulation.outcomes[0]
    console.print(f"\n[bold]Picks of household {first.number}[/bold]", highlight=False)
    for pick in first.picks.picks[:3]:
        # Text, not markup: titles are text from outside.
        line = Text(f"{pick.title}: {words_for(pick)}")
        console.print(Padding(line, (0, 0, 0, 2)))
    console.print(Text(f"\nReport page: {page}"))
