"""What an update costs a box: ``python -m tests.bench.bench_update [--json] [--rounds N]``.

A published model with its catalogue and task, on ``python -m http.server``. In turn:

- ``first``: a new box asks, verifies and installs all of it;
- ``nothing_new``: the same box asks again;
- ``download``: the same files, whole, over one connection, their hashes taken: what nobody who
  installs them can do without.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import urllib3

from model_export.synthetic import synthetic_panel
from tests.bench.clocked import seconds_of
from tests.bench.figures import say
from tests.publishing import Household, Publisher, publication


@contextmanager
def static_server(directory: Path) -> Iterator[str]:
    """Serve a directory on a free port of this machine."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(
        [*command, "--directory", str(directory)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            said = process.stdout.readline() if process.stdout is not None else ""
            yield said.partition("(")[2].partition(")")[0].rstrip("/")
        finally:
            process.terminate()


def measure(directory: Path, *, titles: int, rounds: int) -> dict[str, float]:
    """Return medians in milliseconds, and the bytes of what is downloaded."""
    log = synthetic_panel(7, households=150, weeks=20, titles=titles)
    publisher = publication(directory, log, seed=7)
    first, again, plain = [], [], []
    with static_server(publisher.repository) as url:
        for number in range(rounds):
            box = Household.started(publisher, url, directory / f"box{number}")
            first.append(seconds_of(box.agent.update_model))
            again.append(seconds_of(box.agent.update_model))
            box.agent.close()
            plain.append(seconds_of(lambda: _download(publisher, url)))
    times = {"first_ms": first, "nothing_new_ms": again, "download_ms": plain}
    return {
        **{name: round(1000 * statistics.median(taken), 2) for name, taken in times.items()},
        "bytes": sum(path.stat().st_size for path in _targets(publisher)),
    }


def _targets(publisher: Publisher) -> list[Path]:
    return [path for path in (publisher.repository / "targets").rglob("*") if path.is_file()]


def _download(publisher: Publisher, url: str) -> None:
    with urllib3.PoolManager(maxsize=1) as pool:
        for path in _targets(publisher):
            answer = pool.request("GET", f"{url}/{path.relative_to(publisher.repository)}")
            hashlib.sha256(answer.data).digest()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="what an update costs a box")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--titles", type=int, default=5_000, help="of the catalogue")
    parser.add_argument("--rounds", type=int, default=5, help="boxes a median is taken of")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        figures = measure(Path(directory), titles=options.titles, rounds=options.rounds)
    say(figures, as_json=options.json)


if __name__ == "__main__":
    main()
