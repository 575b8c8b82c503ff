"""Options that several commands have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from edgeagent.clock import Clock, SystemClock, moment_of_iso
from server_stub.ingest.admission import DEFAULT_GRACE_WEEKS

__all__ = [
    "STORED_FILE",
    "at_option",
    "grace_option",
    "is_stated",
    "repository_option",
    "store_option",
    "task_option",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _FixedClock(SystemClock):
    """A clock with a fixed time, for simulations that run faster than real time."""

    seconds: int

    def now(self) -> int:
        return self.seconds


_EARLIEST, _LATEST = "1970", "2999"
"""Years for ``--at``: no message has a time before 1970, and what is made has to expire by 9999."""


def _clock_at(_ctx: click.Context, _option: click.Parameter, value: str | None) -> Clock:
    if value is None:
        return SystemClock()
    try:
        clock = _FixedClock(seconds=int(moment_of_iso(value)))
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not like 2026-11-24T00:00:00Z") from error
    if not _EARLIEST <= value[:4] <= _LATEST:
        raise click.BadParameter(f"{value!r} is in no year from {_EARLIEST} to {_LATEST}")
    return clock


def is_stated(clock: Clock) -> bool:
    """Return whether --at says what time it is, so that no leap is to be doubted."""
    return isinstance(clock, _FixedClock)


_directory = click.Path(file_okay=False, path_type=Path)
STORED_FILE = click.Path(dir_okay=False, path_type=Path)

repository_option = click.option(
    "--repository",
    type=_directory,
    required=True,
    help="Directory that 'server-stub repo publish' wrote.",
)
store_option = click.option(
    "--store", type=STORED_FILE, required=True, help="Database that holds the reports."
)
task_option = click.option(
    "--task", "task_file", type=STORED_FILE, help="Report task.  [default: those in the repository]"
)


at_option = click.option(
    "--at",
    "clock",
    callback=_clock_at,
    metavar="TIME",
    help="Use this time instead of the clock's, ISO 8601.",
)
grace_option = click.option(
    "--grace-weeks",
    type=click.IntRange(0, 520),
    default=DEFAULT_GRACE_WEEKS,
    show_default=True,
    help="How long after its week a report is accepted.",
)
