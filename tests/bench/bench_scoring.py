"""How long from a window to picks, beside what the same arithmetic costs without us.

    python -m tests.bench.bench_scoring [--head HEAD ...] [--titles N ...] [--history N]
        [--rounds N] [--json]

A model of each head with D = 128, S = 32 and random weights, 10,000 candidates, 500 viewings (of
more, the model takes the last 500): a request to a warm scoring child over its pipes, and the same
in this process, both from viewings to ten picks with their reasons. Beside them, on the same graph
and the same inputs in the same run:

- ``bare_runtime``: what an answer costs ONNX Runtime alone: one run that scores all candidates and
  one that scores and explains ten of them, which are not known before the first;
- ``bare_single``: one run that scores all candidates and explains ten given in advance;
- ``bare_scores``: one run that scores all candidates and explains nothing;
- ``numpy``: the user by the head's formula, every score, and the ten best, unexplained.

Everybody has one thread. All are asked in turn, round by round, so that what else the machine does
hits them alike; figures are medians of the rounds. Each is taken by the clock and of processor time
(``cpu``: of this process and the child together), which holds better on a busy machine, and best
is the least of the rounds (``least``), in which nobody else came in between. The ratios hold better
than the times.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import get_args

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from edgeagent.features.catalogue import CatalogueView
from edgeagent.features.window import history_window
from edgeagent.messages import (
    ModelFiles,
    PackedViewings,
    RankRequest,
    Title,
    Viewing,
    decode_catalogue,
    encode_catalogue,
    sha256_hex,
)
from edgeagent.messages.fields import HeadName
from edgeagent.scoring.remote import ChildScorer
from edgeagent.scoring.resident import ResidentScorer
from model_export.heads.blend import SHORTEST
from model_export.heads.blend_graph import build_blend_graph
from model_export.heads.foldin_graph import build_foldin_graph
from model_export.heads.foldin_reference import FoldinParameters
from model_export.heads.linear import faded
from model_export.heads.linear import user_of as summed_of
from model_export.heads.linear_graph import build_linear_graph
from model_export.heads.timescales import user_of
from model_export.heads.timescales_graph import build_timescales_graph
from tests.bench.figures import say
from tests.bench.served import Watched
from tests.model_export.heads.blend_cases import blend_parameters
from tests.model_export.heads.linear_cases import linear_parameters
from tests.model_export.heads.timescales_cases import timescales_parameters

D, S, HISTORY, PICKS = 128, 32, 500, 10
HIDDEN = 96
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


def _in_turn(
    contenders: Mapping[str, Callable[[], object]], rounds: int, *, cpu: Callable[[], int]
) -> dict[str, float]:
    """Return the median milliseconds of each by the clock, and of processor time median and least.

    Args:
        contenders: what to measure; the first rounds are not counted.
        rounds: how many are.
        cpu: processor time spent so far by everybody concerned, nanoseconds.

    """
    taken: dict[str, list[tuple[int, int]]] = {name: [] for name in contenders}
    for _ in range(rounds + rounds // 5):
        for name, action in contenders.items():
            spent, start = cpu(), time.perf_counter_ns()
            action()
            taken[name].append((time.perf_counter_ns() - start, cpu() - spent))
    figures = {}
    for name in contenders:
        walls, cpus = zip(*taken[name][-rounds:], strict=True)
        figures[f"{name}_ms"] = statistics.median(walls) / 1e6
        figures[f"{name}_cpu_ms"] = statistics.median(cpus) / 1e6
        figures[f"{name}_least_ms"] = min(cpus) / 1e6
    return figures


def _bare_runtime(model: bytes, *feeds: Feed) -> Callable[[], object]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda: [session.run(None, feed) for feed in feeds]


Feed = Mapping[str, NDArray[np.generic]]
User = Callable[[], NDArray[np.floating]]


def _foldin(view: CatalogueView, rng: np.random.Generator) -> tuple[bytes, Callable[[Feed], User]]:
    """Return a model of head A, and its formula solved directly in float32."""
    embeddings = view.embeddings(np.arange(len(view.titles))).astype(np.float64)
    parameters = _parameters(embeddings, rng)
    return build_foldin_graph(parameters), lambda feed: _foldin_user(parameters, feed)


def _foldin_user(parameters: FoldinParameters, feed: Feed) -> User:
    fixed = (parameters.gram + parameters.regularization * np.eye(D)).astype(np.float32)
    history = feed["history_embeddings"].astype(np.float32)
    fading = np.exp(-feed["history_age_days"].astype(np.float32) / parameters.decay_days)
    completion = feed["history_weights"].astype(np.float32)
    weights = parameters.alpha * completion * np.maximum(fading, parameters.floor)

    def user() -> NDArray[np.floating]:
        weighted = history * weights.astype(np.float32)[:, np.newaxis]
        return np.linalg.solve(fixed + weighted.T @ history, weighted.sum(axis=0))

    return user


def _linear() -> tuple[bytes, Callable[[Feed], User]]:
    """Return a model of head C, and its formula in float64."""
    parameters = linear_parameters(dimension=D, segments=S)

    def user(feed: Feed) -> User:
        history = feed["history_embeddings"].astype(np.float64)
        fading = np.exp(-feed["history_age_days"].astype(np.float64) / parameters.decay_days)
        completion = feed["history_weights"].astype(np.float64)
        weights = completion * np.maximum(fading, parameters.floor)
        return lambda: summed_of(history, weights)[0]

    return build_linear_graph(parameters), user


def _timescales() -> tuple[bytes, Callable[[Feed], User]]:
    """Return a model of head B, and its formula in float64."""
    parameters = timescales_parameters(dimension=D, segments=S, hidden=HIDDEN)

    def user(feed: Feed) -> User:
        history = feed["history_embeddings"].astype(np.float64)
        completion = feed["history_weights"].astype(np.float64)
        age_days = feed["history_age_days"].astype(np.float64)
        return lambda: user_of(parameters.weights, history, completion, age_days)

    return build_timescales_graph(parameters), user


def _blend() -> tuple[bytes, Callable[[Feed], User]]:
    """Return a model of head D, and its formula in float64."""
    parameters = blend_parameters(dimension=D, segments=S, hidden=HIDDEN)
    first = D // 2

    def user(feed: Feed) -> User:
        history = feed["history_embeddings"].astype(np.float64)
        completion = feed["history_weights"].astype(np.float64)
        age_days = feed["history_age_days"].astype(np.float64)

        def both() -> NDArray[np.float64]:
            linear, _ = summed_of(history[:, first:], faded(parameters, completion, age_days))
            share = parameters.gate / max(float(np.linalg.norm(linear)), SHORTEST)
            of_timescales = user_of(parameters.weights, history[:, :first], completion, age_days)
            return np.concatenate([of_timescales, share * linear])

        return both

    return build_blend_graph(parameters), user


def _numpy(user: User, view: CatalogueView) -> Callable[[], object]:
    """Score with the catalogue standing ready as float32, four times the memory."""
    candidates = view.embeddings(np.arange(len(view.titles)))

    def run() -> object:
        scores = candidates @ user().astype(np.float32) + view.bias
        return np.argpartition(-scores, PICKS)[:PICKS]

    return run


def _cpu_of(child: ChildScorer) -> Callable[[], int]:
    """Return what tells the processor time of this process and its child, nanoseconds."""
    process = child._child
    path = Path(f"/proc/{0 if process is None else process.pid}/schedstat")
    return lambda: time.process_time_ns() + int(path.read_bytes().split()[0])


def _child_figures(child: ChildScorer, request: RankRequest) -> dict[str, float]:
    """Return what a cold start costs, and the memory of the child after it."""
    start = time.perf_counter()
    child.rank(request)
    cold = (time.perf_counter() - start) * 1000
    return {"child_cold_ms": cold, "child_peak_mib": _peak_mib(child)}


def _peak_mib(child: ChildScorer) -> float:
    process = child._child
    return Watched(0 if process is None else process.pid).peak_mib()


def _history(viewings: int, titles: int, rng: np.random.Generator) -> tuple[Viewing, ...]:
    """Return viewings an hour apart, of different titles as far as there are enough."""
    again = viewings > titles // 2  # something has to be left to show
    watched = rng.choice(titles // 2 if again else titles, viewings, replace=again).tolist()
    return tuple(
        Viewing(entity_id=f"t:{n}", watched_on=NOW - 3600 * place, completed=True)
        for place, n in enumerate(watched)
    )


def _head(
    head: HeadName, view: CatalogueView, rng: np.random.Generator
) -> tuple[bytes, Callable[[Feed], User]]:
    match head:
        case "foldin":
            return _foldin(view, rng)
        case "linear":
            return _linear()
        case "timescales":
            return _timescales()
        case "blend":
            return _blend()


def measure(*, head: HeadName, titles: int, viewings: int, rounds: int) -> dict[str, float]:
    """Return milliseconds, ratios and the child's memory in MiB."""
    rng = np.random.default_rng(1)
    catalogue = _catalogue(titles, rng)
    view = CatalogueView.of(decode_catalogue(catalogue))
    model, user = _head(head, view, rng)
    history = _history(viewings, titles, rng)
    window = history_window(history, view, now=NOW)
    feed: dict[str, NDArray[np.generic]] = {
        "history_embeddings": window.history_embeddings,
        "history_weights": window.history_weights,
        "history_age_days": window.history_age_days,
        "candidate_embeddings": np.ascontiguousarray(view.rows),
        "candidate_scale": view.scale,
        "candidate_bias": view.bias,
        "explain_embeddings": view.embeddings(np.arange(PICKS)),
    }
    scoring = {**feed, "explain_embeddings": feed["explain_embeddings"][:0]}
    explaining = {
        **feed,
        "candidate_embeddings": np.ascontiguousarray(view.rows[:, :PICKS]),
        "candidate_scale": view.scale[:PICKS],
        "candidate_bias": view.bias[:PICKS],
    }
    with tempfile.TemporaryDirectory() as directory, threadpool_limits(1, "blas"):
        files = _write(Path(directory), model, catalogue)
        request = RankRequest(files=files, now=NOW, history=PackedViewings.of(history), limit=PICKS)
        child, resident = ChildScorer(), ResidentScorer()
        figures = _child_figures(child, request)
        figures |= _in_turn(
            {
                "child": lambda: child.rank(request),
                "resident": lambda: resident.rank(request),
                "bare_runtime": _bare_runtime(model, scoring, explaining),
                "bare_single": _bare_runtime(model, feed),
                "bare_scores": _bare_runtime(model, scoring),
                "numpy": _numpy(user(feed), view),
            },
            rounds,
            cpu=_cpu_of(child),
        )
        figures["child_peak_after_mib"] = _peak_mib(child)
        child.close()
        resident.close()
    for ours, bare in (
        ("child", "bare_runtime"),
        ("child", "bare_single"),
        ("child", "bare_scores"),
        ("child", "numpy"),
        ("resident", "bare_runtime"),
    ):
        for unit in ("", "_cpu", "_least"):
            ratio = figures[f"{ours}{unit}_ms"] / figures[f"{bare}{unit}_ms"]
            figures[f"{ours}_to_{bare}{unit}"] = ratio
    return {name: round(value, 3) for name, value in figures.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="window to picks, in milliseconds and ratios")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--head", choices=get_args(HeadName), nargs="+", default=["foldin"])
    parser.add_argument("--history", type=int, default=HISTORY, help="viewings in a request")
    parser.add_argument("--titles", type=int, nargs="+", default=[10_000], help="candidates")
    parser.add_argument("--rounds", type=int, default=100, help="rounds a median is taken of")
    options = parser.parse_args()
    cases = []
    for head in options.head:
        for titles in options.titles:
            sys.stderr.write(f"{head}, {titles:,} titles\n")
            figures = measure(
                head=head, titles=titles, viewings=options.history, rounds=options.rounds
            )
            cases.append({"head": head, "titles": titles, **figures})
    say({"cases": cases}, as_json=options.json)


if __name__ == "__main__":
    main()
