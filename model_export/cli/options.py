"""What the commands share: where viewings come from, progress, tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgeagent.errors import InputError
from edgeagent.messages.task import PERMITTED_SEGMENTS
from edgeagent.stage_progress import progress_on_stderr

if TYPE_CHECKING:
    from model_export.heads.tuning import Progress
    from model_export.log import WatchLog

__all__ = [
    "Source",
    "genres_option",
    "progress_bar",
    "size_options",
    "source_options",
    "strict_option",
]


_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where viewings come from, and the seed of everything that is drawn."""

    ratings: Path | None
    catalogue: Path | None
    skip_unknown: bool
    strict: bool
    mapping: Path | None
    households: int
    seed: int

    def load(self) -> WatchLog:
        """Read the viewings, or invent the panel."""
        if self.ratings is not None:
            from model_export.loaders import load_log  # noqa: PLC0415  (loads numpy)
            from model_export.topics.mapping import NO_MAPPING, load_mapping  # noqa: PLC0415

            mapping = NO_MAPPING if self.mapping is None else load_mapping(self.mapping)
            log = load_log(
                self.ratings,
                self.catalogue,
                skip_unknown=self.skip_unknown,
                strict=self.strict,
            )
            for remark in log.remarks:
                click.echo(f"note: {remark}", err=True)
            return replace(log, genre_mapping=mapping)
        if self.catalogue is not None:
            raise InputError("--catalogue without viewings", hint="name a log with --ratings")
        from model_export.synthetic import synthetic_panel  # noqa: PLC0415  (loads numpy)

        return synthetic_panel(self.seed, households=self.households)


genres_option = click.option(
    "--genres",
    "mapping",
    type=click.Path(dir_okay=False, path_type=Path),
    help="What genre words mean: CSV with word, genre, topics. 'model-export genres' lists those "
    "that are not known.",
)


strict_option = click.option(
    "--strict",
    is_flag=True,
    help="Refuse a guide or document with an entry that cannot be a title.  [default: it is left "
    "out; 'check' counts such entries]",
)


def source_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where viewings come from; ``command`` gets them as ``source``."""

    @click.option(
        "--ratings",
        type=click.Path(path_type=Path),
        help="MovieLens directory, or CSV or Parquet with user, item, timestamp "
        "and maybe progress.  [default: an invented panel]",
    )
    @click.option(
        "--catalogue",
        type=click.Path(path_type=Path),
        help="What the items are: CSV or Parquet with item, title, …, an XMLTV guide, "
        "schema.org JSON-LD, or a MovieLens directory.",
    )
    @click.option(
        "--skip-unknown", is_flag=True, help="Leave out viewings of items not in --catalogue."
    )
    @strict_option
    @genres_option
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
    def with_source(
        *,
        ratings: Path | None,
        catalogue: Path | None,
        skip_unknown: bool,
        strict: bool,
        mapping: Path | None,
        households: int,
        seed: int,
        **rest: object,
    ) -> None:
        source = Source(
            ratings=ratings,
            catalogue=catalogue,
            skip_unknown=skip_unknown,
            strict=strict,
            mapping=mapping,
            households=households,
            seed=seed,
        )
        command(source=source, **rest)

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
            type=click.Choice(PERMITTED_SEGMENTS),
            default=32,
            show_default=True,
            help="How many segments.",
        ),
    ):
        command = option(command)
    return command


@contextmanager
def progress_bar(what: str, *, hidden: bool) -> Iterator[Progress]:
    """Show on stderr what is happening, how long it has taken, and how long it still takes."""
    if hidden:
        yield lambda _what, _done: None
        return
    with progress_on_stderr() as shown:
        shown.stage(what, _PERCENT)
        yield shown.reach
