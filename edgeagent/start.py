"""Start a command line, and end it in one line when it is interrupted.

Loading takes a third of a second on a slow box, in which the user may press Ctrl-C. So this loads
nothing itself, and the rest within reach of the ``try``.
"""

from __future__ import annotations

import importlib
import sys
from typing import NoReturn

__all__ = ["INTERRUPTED_EXIT_CODE", "LOG_FORMAT", "end_interrupted", "start"]

INTERRUPTED_EXIT_CODE = 130
"""128 and the number of the signal, as shells say it."""
LOG_FORMAT = "%(levelname)s %(name)s: %(message)s"


def start(module: str, *, program: str) -> None:
    """Load ``module`` and run its ``main``, which calls itself ``program``."""
    try:
        importlib.import_module(module).main(prog_name=program)
    except KeyboardInterrupt:
        end_interrupted()


def end_interrupted() -> NoReturn:
    """Say that the command was interrupted, and exit."""
    print("interrupted; nothing is left half done", file=sys.stderr)  # noqa: T201  (click is slow)
    sys.exit(INTERRUPTED_EXIT_CODE)
