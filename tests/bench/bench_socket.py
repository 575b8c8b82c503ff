"""From a program's question over the unix socket to picks: a real service, a real scoring child.

    python -m tests.bench.bench_socket [--json] [--titles N] [--rounds N]

A home with 500 viewings and a model of random weights is served by ``edgeagent serve``; a program
asks ``EdgeAgent.recommend`` again and again. Prints milliseconds by the clock (on a busy machine
they mean little), the processor time that service and child spend on a warm answer, reading the
history and storing the picks durably included, and what memory each took at most.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from edgeagent.agent import Agent
from edgeagent.config import Config
from edgeagent.consent import Purpose
from edgeagent.features.catalogue import CatalogueView
from edgeagent.messages import (
    ModelManifest,
    SegmentLabel,
    TargetReference,
    WatchEvent,
    decode_catalogue,
    sha256_hex,
)
from edgeagent.services.models.installation import InstallationStore
from model_export.heads.foldin_graph import build_foldin_graph
from tests.api.running import LineClient
from tests.bench.bench_scoring import HISTORY, SPACE, D, S, _catalogue, _parameters
from tests.bench.figures import say
from tests.bench.served import served


def _furnish(home: Path, *, titles: int) -> None:
    """Make a box that consents, has a model, and has watched."""
    rng = np.random.default_rng(1)
    catalogue = _catalogue(titles, rng)
    view = CatalogueView.of(decode_catalogue(catalogue))
    embeddings = view.embeddings(np.arange(titles)).astype(np.float64)
    model = build_foldin_graph(_parameters(embeddings, rng))
    with Agent.open(home, config=Config()) as agent:
        for purpose in (Purpose.HISTORY, Purpose.PERSONALIZATION):
            agent.grant(purpose)
        store = InstallationStore(agent._home.ledger, home / "models")
        manifest = ModelManifest(
            head="foldin",
            space_id=SPACE,
            model_version="1",
            trained_at=0,
            dimension=D,
            segments=tuple(
                SegmentLabel(name=f"segment {n}", sensitive=False, iab=()) for n in range(S)
            ),
            model=_placed(store, "models/bench.onnx", model),
            golden=_placed(store, "models/bench.golden", b"nobody reads it"),
            catalogue=_placed(store, "catalogue/bench.catalogue", catalogue),
        )
        store.update(current=manifest)
        now = agent.gate.state(Purpose.HISTORY, profile="main").since or 0
        watched = rng.choice(titles, min(HISTORY, titles), replace=False).tolist()
        agent.record_watch(
            [
                WatchEvent(entity_id=f"t:{n}", watched_on=now - 3600 * place, completed=True)
                for place, n in enumerate(watched)
            ]
        )


def _placed(store: InstallationStore, path: str, data: bytes) -> TargetReference:
    reference = TargetReference(path=path, sha256=sha256_hex(data), length_bytes=len(data))
    store.path(reference).parent.mkdir(parents=True, exist_ok=True)
    store.path(reference).write_bytes(data)
    return reference


def measure(*, titles: int, rounds: int) -> dict[str, float]:
    """Return the figures."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory) / "home"
        _furnish(home, titles=titles)
        with served(home, Path(directory)) as here, LineClient(here.path) as client:

            def ask() -> float:
                start = time.perf_counter()
                answer = client.result("EdgeAgent.recommend", {"limit": 10})
                assert len(answer["picks"]) == 10
                return (time.perf_counter() - start) * 1000

            cold = ask()
            service, child = here.process, here.process.child()
            assert child is not None
            walls, cpus, empty = [], [], []
            for _ in range(rounds):
                spent = service.cpu_ns() + child.cpu_ns()
                walls.append(ask())
                cpus.append((service.cpu_ns() + child.cpu_ns() - spent) / 1e6)
                start = time.perf_counter()
                client.result("Profile.flags")
                empty.append((time.perf_counter() - start) * 1000)
            figures = {
                "cold_ms": cold,
                "warm_ms": statistics.median(walls),
                "empty_call_ms": statistics.median(empty),
                "warm_cpu_ms": statistics.median(cpus),
                "service_peak_mib": service.peak_mib(),
                "child_peak_mib": child.peak_mib(),
            }
    return {name: round(value, 2) for name, value in figures.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="question to picks over the socket")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--titles", type=int, default=10_000, help="candidates")
    parser.add_argument("--rounds", type=int, default=50, help="rounds a median is taken of")
    options = parser.parse_args()
    figures = measure(titles=options.titles, rounds=options.rounds)
    say(figures, as_json=options.json)


if __name__ == "__main__":
    main()
