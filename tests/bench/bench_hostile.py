"""What an honest client notices of a hostile crowd.

    PYTHONPATH=. python tests/bench/bench_hostile.py [--json] [--seconds N] [--rounds N]

Two services of their own homes. An honest client calls one of them and takes the time: alone, with
a crowd at the other service (which costs processor time and nothing else), and with the crowd at
its own. The crowd connects by the thousand, sends frames and lines of 100 MB and JSON 100,000 deep,
and asks without reading. The ratio of the last two medians is what the service owes; above the
floor the run fails. Phases take turns, so that a busy machine is busy in all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from edgeagent.agent import Agent
from edgeagent.consent import Purpose
from tests.api.running import LineClient
from tests.bench.bench_footprint import Watched

FLOOR = 100.0
"""Median round trip beside the crowd, in those of a quiet evening; and in MiB what it may cost:"""
GROWTH_MIB = 32.0
ALONE, ELSEWHERE, HERE = "alone", "crowd_elsewhere", "crowd_here"


@dataclass(frozen=True)
class Served:
    """One service."""

    process: int
    path: Path
    port: int


@contextmanager
def service(directory: Path) -> Iterator[Served]:
    """Serve a home of its own."""
    home, path = directory / "home", directory / "run" / "socket"
    with Agent.open(home) as agent:
        agent.grant(Purpose.HISTORY)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
        notices.bind(str(directory / "notify"))
        options = ["--home", str(home), "serve", "--ws-port", str(port), "--socket", str(path)]
        process = subprocess.Popen(
            [sys.executable, "-m", "edgeagent", *options],
            env=os.environ | {"NOTIFY_SOCKET": str(directory / "notify")},
            stderr=subprocess.DEVNULL,
        )
        try:
            while not notices.recv(4096).startswith(b"READY=1"):
                pass
            yield Served(process.pid, path, port)
        finally:
            process.terminate()
            process.wait()


@contextmanager
def crowd(target: Served | None, done: Counter[str]) -> Iterator[None]:
    """Let a crowd loose on a service, if one is named, and count what it did."""
    if target is None:
        yield
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.hostile_crowd", str(target.path), str(target.port)],
        stdout=subprocess.PIPE,
    )
    if process.stdout is not None:
        process.stdout.readline()  # before, it would be a quiet evening
    try:
        yield
    finally:
        process.terminate()
        done.update(json.loads(process.communicate()[0]))


def round_trips(client: LineClient, *, seconds: float) -> dict[str, list[float]]:
    """Return milliseconds of empty calls and of viewings, in turns, for a while."""
    taken: dict[str, list[float]] = {"empty": [], "viewing": []}
    end = time.perf_counter() + seconds
    while (began := time.perf_counter()) < end:
        client.result("Profile.flags")
        middle = time.perf_counter()
        number = len(taken["viewing"])
        client.result("Discovery.watched", {"entityId": f"t:{number}", "progress": 0.5})
        taken["empty"].append(1000 * (middle - began))
        taken["viewing"].append(1000 * (time.perf_counter() - middle))
    return taken


def measure(*, seconds: float, rounds: int) -> dict[str, float]:
    """Return the figures."""
    taken: dict[tuple[str, str], list[float]] = defaultdict(list)
    done: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        for part in ("here", "elsewhere"):
            (Path(name) / part).mkdir()
        here = stack.enter_context(service(Path(name) / "here"))
        elsewhere = stack.enter_context(service(Path(name) / "elsewhere"))
        client = stack.enter_context(LineClient(here.path))
        before = Watched(here.process).memory()["rss_mib"]
        for _ in range(rounds):
            for phase, target in ((ALONE, None), (ELSEWHERE, elsewhere), (HERE, here)):
                with crowd(target, done if target is here else Counter()):
                    for kind, trips in round_trips(client, seconds=seconds).items():
                        taken[phase, kind] += trips
        status = Path(f"/proc/{here.process}/status").read_text("utf-8")
        peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
    figures = {f"{kind}_{phase}_ms": statistics.median(t) for (phase, kind), t in taken.items()}
    for kind in ("empty", "viewing"):
        crowded = figures[f"{kind}_{HERE}_ms"]
        figures[f"{kind}_ratio_to_alone"] = crowded / figures[f"{kind}_{ALONE}_ms"]
        figures[f"{kind}_ratio_to_crowd_elsewhere"] = crowded / figures[f"{kind}_{ELSEWHERE}_ms"]
        figures[f"{kind}_mean_ratio_to_alone"] = statistics.fmean(
            taken[HERE, kind]
        ) / statistics.fmean(taken[ALONE, kind])
    figures |= {f"crowd_{deed}": float(count) for deed, count in done.items()}
    figures |= {"peak_growth_mib": peak - before, "floor_ratio": FLOOR, "floor_mib": GROWTH_MIB}
    return {key: round(value, 3) for key, value in figures.items()}


def main() -> None:
    """Measure and print; fails above the floors."""
    parser = argparse.ArgumentParser(description="an honest client beside a hostile crowd")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each phase of a round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds a median is taken of")
    options = parser.parse_args()
    figures = measure(seconds=options.seconds, rounds=options.rounds)
    if options.json:
        sys.stdout.write(json.dumps(figures, sort_keys=True) + "\n")
    else:
        for name, value in figures.items():
            sys.stdout.write(f"{name:<36}{value:>12.2f}\n")
    slow = max(figures["empty_ratio_to_alone"], figures["viewing_ratio_to_alone"]) > FLOOR
    sys.exit(1 if slow or figures["peak_growth_mib"] > GROWTH_MIB else 0)


if __name__ == "__main__":
    main()
