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

__all__ = ["SPOOL", "ReportSource", "source_options"]

SPOOL = click.Path(file_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSource:
    """What the options name."""

    store: Path | None
    spool: Path | None

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
        # Each for its command only.
        if self.store is not None:
            from server_stub.aggregation.sqlite_aggregator import SqliteAggregator  # noqa: PLC0415

            yield SqliteAggregator(self.store)
        elif self.spool is not None:
            from server_stub.aggregation.spool import Spool  # noqa: PLC0415
            from server_stub.aggregation.spool_aggregator import SpoolAggregator  # noqa: PLC0415

            yield SpoolAggregator(Spool(self.spool))


def source_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, which gets a :class:`ReportSource` first."""

    @click.option("--store", type=STORED_FILE, help="Database that holds one server's reports.")
    @click.option("--spool", type=SPOOL, help="Directory that 'spool write' fills.  [or --store]")
    @wraps(command)
    def wrapped(*, store: Path | None, spool: Path | None, **options: object) -> None:
        command(ReportSource(store=store, spool=spool), **options)

    return wrapped
