"""What commands need that run the simulator: its packages, which a box does not have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from edgeagent.errors import InputError

__all__ = ["simulator_needed"]


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
