"""What the commands share: where viewings come from, progress, tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

if TYPE_CHECKING:
    from model_export.log import WatchLog
    from model_export.tuning import Progress

__all__ = [
    "Source",
    "emit_json",
    "json_option",
    "progress_bar",
    "size_options",
    "source_options",
]

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object, for machines."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where viewings come from, and the seed of everything that is drawn."""

    ratings: Path | None
    households: int
    seed: int

    def load(self) -> WatchLog:
        """Read the ratings directory, or invent the panel."""
        if self.ratings is not None:
            from model_export.movielens import load_movielens  # noqa: PLC0415  (loads numpy)

            return load_movielens(self.ratings)
        from model_export.synthetic import synthetic_panel  # noqa: PLC0415  (loads numpy)

        return synthetic_panel(self.seed, households=self.households)


def source_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add --ratings, --households and --seed; ``command`` gets them as ``source``."""

    @click.option(
        "--ratings",
        type=click.Path(path_type=Path),
        help="MovieLens directory.  [default: an invented panel]",
    )
    @click.option(
        "--households",
        type=click.IntRange(min=1),
        default=2000,
        show_default=True,
        help="Size of the invented panel.",
    )
    @click.option(
        "--seed",
        type=click.IntRange(0, 2**32 - 1),
        default=0,
        show_default=True,
        help="Of everything that is drawn: the same seed gives the same model.",
    )
    @wraps(command)
    def with_source(*, ratings: Path | None, households: int, seed: int, **rest: object) -> None:
        command(source=Source(ratings=ratings, households=households, seed=seed), **rest)

    return with_source


def size_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add --segments and --dimension."""
    for option in (
        click.option(
            "--dimension",
            type=click.IntRange(1, 1024),
            default=128,
            show_default=True,
            help="Length of an embedding.",
        ),
        click.option(
            "--segments",
            type=click.IntRange(16, 64),
            default=32,
            show_default=True,
            help="How many segments.",
        ),
    ):
        command = option(command)
    return command


@contextmanager
def progress_bar(*, hidden: bool) -> Iterator[Progress]:
    """Show on stderr what is happening and how long it still takes."""
    from rich.console import Console  # noqa: PLC0415  (a tenth of a second)
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    hidden = hidden or not console.is_terminal  # a log file is no place for a bar
    with Progress(*columns, console=console, disable=hidden, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda what, done: bar.update(task, description=what, completed=done)


def emit_json(value: object) -> None:
    """Print ``value`` as one line of JSON."""
    click.echo(msgspec.json.encode(value).decode())
