"""The command line in an attacked box's time: ``… silence_job CLOCK TURN_SECONDS …``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from edgeagent.cli import main
from edgeagent.clock import SystemClock
from tests.audit.silence_pace import TurnedClock, quicken


def _told(method: Callable[[], float], *_: object) -> float:
    return method()


if __name__ == "__main__":
    turned = TurnedClock(Path(sys.argv.pop(1)))
    quicken(int(sys.argv.pop(1)))
    for method in (turned.now, turned.boot_seconds):
        setattr(SystemClock, method.__name__, partial(_told, method))
    main()
