"""What an app can tell of a private session, and of others, by the time that answers take.

    python -m tests.bench.bench_private [--json] [--rounds N] [--calls N]

An app on the WebSocket tells viewings while a manager begins and ends private sessions, and while
a child's profile is active. For each the run prints how long the answers took, and how often one
from a private session (or a child) took longer than one that was stored: 50 % is nothing to tell.
``probe`` is an app with two connections: one tells a viewing, the other asks something at once.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import count
from pathlib import Path

from scipy.stats import mannwhitneyu

from edgeagent.agent import Agent
from edgeagent.consent import Purpose
from tests.api.running import LineClient, WebSocketClient
from tests.bench.figures import say
from tests.bench.served import served

_CONFIG = "[service]\nviewings_at_once = 100000\nviewings_per_hour = 100000\n"
_LIST = 100
STORED, PRIVATE, CHILD = "stored", "private", "child"
Taken = dict[tuple[str, str], list[float]]


class App:
    """Tells viewings and takes the time."""

    def __init__(self, first: WebSocketClient, second: WebSocketClient) -> None:
        self._first, self._second = first, second
        self._number = count()

    def _watched(self) -> dict[str, object]:
        return {"entityId": f"t:{next(self._number)}", "progress": 0.5}

    def one(self) -> None:
        self._first.result("Discovery.watched", self._watched())

    def many(self) -> None:
        self._first.result("Discovery.watched", [self._watched() for _ in range(_LIST)])

    def mark(self) -> None:
        self._first.result("Metrics.mediaEnded", {"entityId": f"m:{next(self._number)}"})

    def probe(self) -> None:
        """Tell on one connection, and time the other one's question."""
        call = {"jsonrpc": "2.0", "id": 0, "method": "Discovery.watched", "params": self._watched()}
        self._first.send(json.dumps(call).encode())
        self._second.result("Discovery.policy")

    def rest(self) -> None:
        """Read what nobody waited for."""
        self._first.receive()


def measure(*, rounds: int, calls: int) -> dict[str, float]:
    """Return the figures."""
    taken: Taken = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        with Agent.open(home) as agent:
            agent.grant(Purpose.HISTORY)
            agent.household.create("kid", kind="kid")
        (home / "config.toml").write_text(_CONFIG)
        with served(home, Path(name)) as here, LineClient(here.path) as manager:
            address = f"ws://127.0.0.1:{here.port}/"
            with WebSocketClient(address) as first, WebSocketClient(address) as second:
                app = App(first, second)
                for number in range(rounds):
                    states = (STORED, PRIVATE, CHILD)
                    for state in states[:: 1 if number % 2 else -1]:  # what drifts drifts in all
                        _enter(manager, state)
                        _time(app, state, taken, calls=calls)
    return _figures(taken)


def _enter(manager: LineClient, state: str) -> None:
    manager.result("EdgeAgent.stopPrivateSession")
    manager.result("EdgeAgent.switchProfile", {"name": "kid" if state == CHILD else "main"})
    if state == PRIVATE:
        manager.result("EdgeAgent.startPrivateSession")


def _time(app: App, state: str, taken: Taken, *, calls: int) -> None:
    tellings: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
        "one": (app.one, lambda: None),
        "many": (app.many, lambda: None),
        "mark": (app.mark, lambda: None),
        "probe": (app.probe, app.rest),
    }
    for telling, (tell, rest) in tellings.items():
        tell()
        rest()  # the first of each fills caches
        for _ in range(calls if telling != "many" else max(calls // 10, 2)):
            began = time.perf_counter()
            tell()
            taken[telling, state].append(1000 * (time.perf_counter() - began))
            rest()


def _figures(taken: Taken) -> dict[str, float]:
    figures: dict[str, float] = {}
    for (telling, state), times in taken.items():
        figures[f"{telling}_{state}_median_ms"] = statistics.median(times)
        figures[f"{telling}_{state}_p99_ms"] = statistics.quantiles(times, n=100)[98]
        if state != STORED:
            others = taken[telling, STORED]
            longer = mannwhitneyu(times, others).statistic / (len(times) * len(others))
            figures[f"{telling}_{state}_longer_percent"] = 100 * float(longer)
    return {name: round(value, 3) for name, value in figures.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="what the time of answers tells an app")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--rounds", type=int, default=10, help="times each state comes")
    parser.add_argument("--calls", type=int, default=40, help="of each kind in each round")
    options = parser.parse_args()
    figures = measure(rounds=options.rounds, calls=options.calls)
    say(figures, as_json=options.json)


if __name__ == "__main__":
    main()
