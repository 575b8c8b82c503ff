"""What commands share that run the simulator: its packages, which a box lacks, and an option."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from edgeagent.errors import InputError
from edgeagent.messages.task import PERMITTED_SEGMENTS

__all__ = ["segments_option", "simulator_needed"]

segments_option = click.option(
    "--segments",
    default="32",
    show_default=True,
    type=click.Choice([str(number) for number in PERMITTED_SEGMENTS]),
    help="How many the model tells apart.",
)


@contextmanager
def simulator_needed() -> Iterator[None]:
    """Say how the packages are installed where an import in the block misses one.

    Raises:
        InputError: a package of the simulator extra is not there.

    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise InputError(
            f"the simulator needs {error.name}", hint="pip install 'edgeagent[simulator]'"
        ) from error
