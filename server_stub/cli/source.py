"""Where a command reads reports from: one server's store, or the spool of several."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path

import click

from edgeagent.errors import InputError
from server_stub.aggregation.aggregator import Aggregator
from server_stub.cli.options import STORED_FILE

__all__ = ["SPOOL", "ReportSource", "engine_options", "source_options", "summing_spool"]

SPOOL = click.Path(file_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSource:
    """What the options name."""

    store: Path | None
    spool: Path | None
    engine: str
    master: str

    @contextmanager
    def opened(self) -> Iterator[Aggregator]:
        """Yield what sums the reports.

        Raises:
            InputError: not exactly one place is named, or it cannot be read.

        """
        if (self.store is None) == (self.spool is None):
            raise InputError(
                "one of --store and --spool is needed, not both",
                hint="give the --store of one server, or the --spool that several write",
            )
        if self.spool is not None:
            with summing_spool(self.spool, engine=self.engine, master=self.master) as aggregator:
                yield aggregator
        elif self.engine != "duckdb":
            raise InputError(
                f"--engine {self.engine} sums a spool, not a store",
                hint="copy the store with 'server-stub spool write', and give --spool",
            )
        elif self.store is not None:
            from server_stub.aggregation.sqlite_aggregator import SqliteAggregator  # noqa: PLC0415

            yield SqliteAggregator(self.store)


@contextmanager
def summing_spool(directory: Path, *, engine: str, master: str) -> Iterator[Aggregator]:
    """Yield what sums a spool, by the engine of that name."""
    # Each for its command only, and Spark for its engine only.
    from server_stub.aggregation.spool import Spool  # noqa: PLC0415
    from server_stub.aggregation.spool_aggregator import SpoolAggregator  # noqa: PLC0415

    spool = Spool(directory)
    if engine == "duckdb":
        yield SpoolAggregator(spool)
        return
    from server_stub.aggregation.spark_engine import SparkSumEngine  # noqa: PLC0415

    with SparkSumEngine(master=master) as started:
        yield SpoolAggregator(spool, engine=started)


def engine_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that choose what sums a spool."""
    engine = click.option(
        "--engine",
        type=click.Choice(["duckdb", "spark"]),
        default="duckdb",
        show_default=True,
        help="What sums a spool; spark needs Java 17 and pip install 'edgeagent[spark]'.",
    )
    master = click.option(
        "--master",
        default="local[*]",
        show_default=True,
        help="Where Spark runs; a cluster's machines have to see the spool under the same path.",
    )
    return engine(master(command))


def source_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, which gets a :class:`ReportSource` first."""

    @click.option("--store", type=STORED_FILE, help="Database that holds one server's reports.")
    @click.option("--spool", type=SPOOL, help="Directory that servers share.  [or --store]")
    @engine_options
    @wraps(command)
    def wrapped(
        *, store: Path | None, spool: Path | None, engine: str, master: str, **options: object
    ) -> None:
        source = ReportSource(store=store, spool=spool, engine=engine, master=master)
        command(source, **options)

    return wrapped
