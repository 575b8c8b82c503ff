"""What the commands share: where viewings come from, progress, tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
    "dimension_option",
    "genres_option",
    "progress_bar",
    "segments_option",
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

            log = load_log(
                self.ratings,
                self.catalogue,
                skip_unknown=self.skip_unknown,
                strict=self.strict,
            )
            return self._as_asked(log)
        if self.catalogue is not None:
            raise InputError("--catalogue without viewings", hint="name a log with --ratings")
        from model_export.synthetic import synthetic_panel  # noqa: PLC0415  (loads numpy)

        return synthetic_panel(self.seed, households=self.households)

    @contextmanager
    def load_at_most(
        self, viewings: int | None, *, scratch: Path, progress: Progress
    ) -> Iterator[tuple[WatchLog, Sequence[WatchLog]]]:
        """Read a log, and of a longer one in Parquet some people, with the others read as asked.

        Args:
            viewings: in memory at a time; nothing means all.
            scratch: directory for those that are not.
            progress: told what is read.

        """
        progress("Reading viewings", 0.0)
        ratings, catalogue = self.ratings, self.catalogue
        if viewings is None or ratings is None or catalogue is None or _rows(ratings) <= viewings:
            yield self.load(), ()
            return
        from model_export.loaders import load_catalogue  # noqa: PLC0415  (loads numpy)
        from model_export.loaders.viewing_parts import viewings_in_parts  # noqa: PLC0415

        known = load_catalogue(catalogue, strict=self.strict)
        with viewings_in_parts(
            ratings,
            known,
            skip_unknown=self.skip_unknown,
            at_once=viewings,
            scratch=scratch,
            progress=lambda done, total: progress(f"Reading viewings, {done:,} of {total:,}", 0.0),
        ) as parts:
            yield self._as_asked(parts[0]), parts[1:]

    def _as_asked(self, log: WatchLog) -> WatchLog:
        """Show what people should know of the log, and let words mean what they are said to."""
        from model_export.topics.mapping import NO_MAPPING, load_mapping  # noqa: PLC0415

        for remark in log.remarks:
            click.echo(f"note: {remark}", err=True)
        mapping = NO_MAPPING if self.mapping is None else load_mapping(self.mapping)
        return replace(log, genre_mapping=mapping)


def _rows(ratings: Path) -> int:
    """Return how long a log in Parquet is; of other logs 0, for they are read whole."""
    from model_export.loaders.tables import is_parquet, parquet_rows  # noqa: PLC0415

    return parquet_rows(ratings) if ratings.exists() and is_parquet(ratings) else 0


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


def dimension_option(*, default: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return --dimension; ``default`` says what length an embedding has otherwise."""
    return click.option(
        "--dimension",
        type=click.IntRange(1, 1024),
        help=f"Length of an embedding.  [default: {default}]",
    )


segments_option = click.option(
    "--segments",
    type=click.Choice(PERMITTED_SEGMENTS),
    default=32,
    show_default=True,
    help="How many segments.",
)


@contextmanager
def progress_bar(what: str, *, hidden: bool) -> Iterator[Progress]:
    """Show on stderr what is happening, how long it has taken, and how long it still takes."""
    if hidden:
        yield lambda _what, _done: None
        return
    with progress_on_stderr() as shown:
        shown.stage(what, _PERCENT)
        yield shown.reach
