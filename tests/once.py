"""What is made once for all worker processes of one run."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

import pytest
from filelock import FileLock

__all__ = ["made_once"]

T = TypeVar("T")


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], T]) -> T:
    """Return what ``make`` returns when given an empty directory, made by the first caller.

    The value is pickled for the other workers, so that none of them shares it with another test
    process; the directory is the same for all, and nobody may write to it.
    """
    run = factory.getbasetemp()
    if run.name.startswith("popen-"):  # one worker's own, inside the run's
        run = run.parent
    directory, value = run / name, run / f"{name}.pickle"
    with FileLock(run / f"{name}.lock"):
        if not value.exists():
            shutil.rmtree(directory, ignore_errors=True)  # of a try that failed
            directory.mkdir()
            value.write_bytes(pickle.dumps(make(directory)))
        return cast("T", pickle.loads(value.read_bytes()))  # noqa: S301  (made by this very run)
