"""How long from a window to picks, beside what the same arithmetic costs without us.

    PYTHONPATH=. python tests/bench/bench_scoring.py [--json] [--titles N] [--rounds N]

A model of D = 128 and S = 32 with random weights, 10,000 candidates, 500 viewings: a request to a
warm scoring child, the same in this process, one bare run of ONNX Runtime on the same graph, and
the same system solved with numpy. Medians; the ratios hold better than the times.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from edgeagent.features.catalogue import CatalogueView
from edgeagent.features.window import history_window
from edgeagent.messages import (
    ModelFiles,
    RankRequest,
    Title,
    Viewing,
    decode_catalogue,
    encode_catalogue,
    sha256_hex,
)
from edgeagent.scoring.remote import ChildScorer
from edgeagent.scoring.resident import ResidentScorer
from model_export.graph import build_foldin_graph
from model_export.reference import FoldinParameters

D, S, HISTORY = 128, 32, 500
SPACE, NOW = "0123456789abcdef", 1_780_000_000


def _catalogue(titles: int, rng: np.random.Generator) -> bytes:
    return encode_catalogue(
        space_id=SPACE,
        dimension=D,
        issued_at=NOW,
        titles=tuple(Title(entity_id=f"t:{n}", title=f"Title number {n}") for n in range(titles)),
        rows=rng.integers(-127, 128, (D, titles), dtype=np.int8).tobytes(),
        scale=np.full(titles, 0.001, dtype="<f4").tobytes(),
        bias=np.zeros(titles, dtype="<f4").tobytes(),
    )


def _parameters(embeddings: NDArray[np.float64], rng: np.random.Generator) -> FoldinParameters:
    centroids = rng.normal(size=(S, D))
    return FoldinParameters(
        gram=embeddings.T @ embeddings,
        regularization=5.0,
        alpha=20.0,
        decay_days=90.0,
        floor=0.2,
        centroids=centroids / np.linalg.norm(centroids, axis=1, keepdims=True),
        temperature=0.1,
        space_id=SPACE,
        model_version="1",
    )


def _write(directory: Path, model: bytes, catalogue: bytes) -> ModelFiles:
    (directory / "model").write_bytes(model)
    (directory / "catalogue").write_bytes(catalogue)
    return ModelFiles(
        model_path=str(directory / "model"),
        model_sha256=sha256_hex(model),
        catalogue_path=str(directory / "catalogue"),
        catalogue_sha256=sha256_hex(catalogue),
    )


def _median_ms(action: Callable[[], object], rounds: int) -> float:
    action()
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def _bare_runtime(model: bytes, feed: dict[str, NDArray[np.generic]]) -> Callable[[], object]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, feed)


def _numpy(
    parameters: FoldinParameters, view: CatalogueView, feed: dict[str, NDArray[np.generic]]
) -> Callable[[], object]:
    """Solve directly in float32; the catalogue stands ready as float32, four times the memory."""
    candidates = view.embeddings(np.arange(len(view.titles)))
    fixed = (parameters.gram + parameters.regularization * np.eye(D)).astype(np.float32)
    history = feed["history_embeddings"].astype(np.float32)
    fading = np.exp(-feed["history_age_days"].astype(np.float32) / parameters.decay_days)
    completion = feed["history_weights"].astype(np.float32)
    weights = parameters.alpha * completion * np.maximum(fading, parameters.floor)

    def run() -> object:
        weighted = history * weights.astype(np.float32)[:, np.newaxis]
        user = np.linalg.solve(fixed + weighted.T @ history, weighted.sum(axis=0))
        return np.argpartition(-(candidates @ user + view.bias), 10)[:10]

    return run


def _peak_mib(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def measure(*, titles: int, rounds: int) -> dict[str, float]:
    """Return milliseconds, ratios and the child's peak memory in MiB."""
    rng = np.random.default_rng(1)
    catalogue = _catalogue(titles, rng)
    view = CatalogueView.of(decode_catalogue(catalogue))
    parameters = _parameters(view.embeddings(np.arange(titles)).astype(np.float64), rng)
    model = build_foldin_graph(parameters)
    watched = rng.choice(titles, min(HISTORY, titles), replace=False).tolist()
    history = tuple(
        Viewing(entity_id=f"t:{n}", watched_on=NOW - 3600 * place, completed=True)
        for place, n in enumerate(watched)
    )
    window = history_window(history, view, now=NOW)
    feed: dict[str, NDArray[np.generic]] = {
        "history_embeddings": window.history_embeddings,
        "history_weights": window.history_weights,
        "history_age_days": window.history_age_days,
        "candidate_embeddings": view.rows,
        "candidate_scale": view.scale,
        "candidate_bias": view.bias,
        "explain_embeddings": np.zeros((0, D), dtype=np.float32),
    }
    with tempfile.TemporaryDirectory() as directory:
        request = RankRequest(
            files=_write(Path(directory), model, catalogue), now=NOW, history=history
        )
        child, resident = ChildScorer(), ResidentScorer()
        start = time.perf_counter()
        child.rank(request)
        figures = {"child_cold_ms": (time.perf_counter() - start) * 1000}
        figures["child_ms"] = _median_ms(lambda: child.rank(request), rounds)
        figures["resident_ms"] = _median_ms(lambda: resident.rank(request), rounds)
        process = child._child
        figures["child_peak_mib"] = _peak_mib(process.pid) if process is not None else 0.0
        child.close()
        resident.close()
    figures["bare_runtime_ms"] = _median_ms(_bare_runtime(model, feed), rounds)
    with threadpool_limits(1, "blas"):  # one core for everybody
        figures["numpy_ms"] = _median_ms(_numpy(parameters, view, feed), rounds)
    figures["child_to_bare_runtime"] = figures["child_ms"] / figures["bare_runtime_ms"]
    figures["child_to_numpy"] = figures["child_ms"] / figures["numpy_ms"]
    figures["resident_to_bare_runtime"] = figures["resident_ms"] / figures["bare_runtime_ms"]
    return {name: round(value, 3) for name, value in figures.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="window to picks, in milliseconds and ratios")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--titles", type=int, default=10_000, help="candidates")
    parser.add_argument("--rounds", type=int, default=50, help="runs a median is taken of")
    options = parser.parse_args()
    figures = measure(titles=options.titles, rounds=options.rounds)
    if options.json:
        sys.stdout.write(json.dumps(figures, sort_keys=True) + "\n")
        return
    for name, value in figures.items():
        sys.stdout.write(f"{name:<26}{value:>10.2f}\n")


if __name__ == "__main__":
    main()
