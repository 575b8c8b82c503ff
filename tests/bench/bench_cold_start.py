"""How long a box waits after it is switched on.

    python -m tests.bench.bench_cold_start [--json] [--rounds N]

From the start of a process to its first answer, in turn with what nobody can do without: the same
interpreter that does nothing, the libraries that the process uses, imported and nothing more.

- ``service``: ``edgeagent serve`` until it says that it is ready;
- ``command``: ``edgeagent history list`` of an empty box, from start to end.

Everything lies in the page cache: a first start from flash takes as much longer as reading some
60 MB takes there.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.figures import say
from tests.bench.served import served

_NOTHING = "pass"
_OF_THE_SERVICE = "import asyncio, cryptography.fernet, msgspec, sqlcipher3, websockets"
_OF_THE_COMMAND = "import click, cryptography.fernet, msgspec, sqlcipher3"


def measure(directory: Path, *, rounds: int) -> dict[str, float]:
    """Return medians in milliseconds of starts that take turns."""
    home = directory / "home"
    command = ["-m", "edgeagent", "--home", str(home), "history", "list"]
    _run(["-m", "edgeagent", "--home", str(home), "job", "prepare"])
    starts: dict[str, Callable[[], float]] = {
        "python_ms": lambda: _run(["-c", _NOTHING]),
        "service_libraries_ms": lambda: _run(["-c", _OF_THE_SERVICE]),
        "service_ms": lambda: _service(home),
        "command_libraries_ms": lambda: _run(["-c", _OF_THE_COMMAND]),
        "command_ms": lambda: _run(command),
    }
    taken: dict[str, list[float]] = {name: [] for name in starts}
    for _ in range(rounds):
        for name, start in starts.items():
            taken[name].append(start())
    return {name: round(1000 * statistics.median(each), 1) for name, each in taken.items()}


def _run(arguments: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _service(home: Path) -> float:
    with tempfile.TemporaryDirectory() as directory, served(home, Path(directory)) as here:
        return here.ready_seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="from switching on to the first answer")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--rounds", type=int, default=15, help="starts a median is taken of")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        figures = measure(Path(directory), rounds=options.rounds)
    say(figures, as_json=options.json)


if __name__ == "__main__":
    main()
