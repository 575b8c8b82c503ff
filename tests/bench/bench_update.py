"""What an update costs a box: ``python -m tests.bench.bench_update [--json] [--rounds N]``.

A published model with its catalogue and task, on ``python -m http.server``. In turn:

- ``first``: a new box asks, verifies and installs all of it;
- ``nothing_new``: the same box asks again;
- ``download``: the same files, whole, over one connection, their hashes taken: what nobody who
  installs them can do without.

Beside these the most memory of the process in which a service fetches, ``edgeagent job fetch``.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import urllib3

from edgeagent.agent import Agent
from edgeagent.consent import Purpose
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


_FETCH = """
import runpy
try:
    runpy.run_module("edgeagent", run_name="__main__", alter_sys=True)
finally:
    print(*(line for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
"""Not ``ru_maxrss``: a process begins with that of the one that started it."""


def fetcher_peak_mib(directory: Path, publisher: Publisher) -> float:
    """Return the most memory of a process that fetches, by the clock of this machine."""
    today = replace(publisher, repository=directory / "today", keys=directory / "keys-of-today")
    today.publish(today.artefacts, now=int(time.time()))
    home = directory / "fetching"
    with Agent.open(home) as agent:
        agent.grant(Purpose.HISTORY)
    with static_server(today.repository) as url:
        root = today.repository / "root.json"
        config = f'server_url = "{url}"\ntrusted_root = "{root}"\n'
        (home / "config.toml").write_text(config, "utf-8")
        said = subprocess.run(
            [sys.executable, "-c", _FETCH, "--home", str(home), "job", "fetch"],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
    if not list(home.rglob("*.catalogue")):
        raise SystemExit("nothing was fetched")
    return int(said.split()[1]) / 1024


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
        "fetcher_peak_mib": round(fetcher_peak_mib(directory, publisher), 1),
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
