"""The time that answers take tells an app nothing of a private session; without slots it tells all.

Of 80 answers each, two-sided Mann-Whitney at 10⁻⁴: an honest service is accused once in 10,000
runs, and one whose answers of one kind come later in 68 % of pairs (50 %: alike) is seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scipy.stats import mannwhitneyu

from edgeagent.api.transport.answer_grid import LoopTime, TimeSource
from edgeagent.config import Config, ServiceConfig
from tests.api.running import Client, Leaping, ServiceThread

ALPHA = 1e-4
BLOCKS, CALLS = 10, 8


@pytest.fixture
def services(tmp_path: Path) -> Iterator[ServiceThread]:
    threads = ServiceThread(tmp_path)
    yield threads
    threads.stop()


def tell(first: Client, second: Client, film: dict[str, object]) -> float:
    """Return how long the answer to a viewing takes."""
    del second
    began = time.perf_counter()
    first.result("Discovery.watched", film)
    return time.perf_counter() - began


def probe(first: Client, second: Client, film: dict[str, object]) -> float:
    """Return how long a question takes that is asked while another connection tells a viewing."""
    first.send(
        b'{"jsonrpc":"2.0","id":0,"method":"Discovery.watched","params":{"entityId":"%s"}}'
        % str(film["entityId"]).encode()
    )
    began = time.perf_counter()
    second.result("Discovery.policy")
    taken = time.perf_counter() - began
    first.receive()
    return taken


@pytest.mark.parametrize("ask", [tell, probe])
@pytest.mark.parametrize(("source", "tells"), [(LoopTime, False), (Leaping, True)])
def test_the_time_of_answers(
    services: ServiceThread,
    ask: Callable[[Client, Client, dict[str, object]], float],
    source: Callable[[], TimeSource],
    *,
    tells: bool,
) -> None:
    config = Config(service=ServiceConfig(viewings_at_once=10_000))
    running = services.start(config=config, time=source())
    taken: dict[bool, list[float]] = {True: [], False: []}
    with running.line() as manager, running.websocket() as first, running.websocket() as second:
        manager.result("EdgeAgent.grant", {"purpose": "history"})
        ask(first, second, {"entityId": "t:first"})
        for block in range(2 * BLOCKS):
            private = block % 2 == 1
            manager.result(f"EdgeAgent.{'start' if private else 'stop'}PrivateSession")
            for number in range(CALLS):
                film: dict[str, object] = {"entityId": f"t:{block}:{number}"}
                taken[private].append(ask(first, second, film))
        manager.result("EdgeAgent.stopPrivateSession")
    assert (float(mannwhitneyu(taken[True], taken[False]).pvalue) < ALPHA) is tells
