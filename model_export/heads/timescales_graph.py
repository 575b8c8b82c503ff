"""Head B ``timescales`` as an ONNX graph under tensor contract 1.

Leave-one-out influences cost one pass more, not L passes: without viewing i, what came later keeps
its weights and what came before is one viewing nearer, so sums without i are two running sums put
together. (Nothing is subtracted from a total: that would leave rounding errors where one viewing
outweighs the rest.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeagent.errors import InputError
from model_export.heads.contract_graph import ContractGraph, wrong_centroids
from model_export.heads.timescales import LARGEST_EXPONENT, SMALLEST_SUM, TimescalesWeights
from model_export.heads.timescales_reference import TimescalesParameters

__all__ = ["add_timescales", "build_timescales_graph", "wrong_weights"]


def build_timescales_graph(parameters: TimescalesParameters) -> bytes:
    """Build, check and serialise the model; equal arguments give equal bytes.

    Raises:
        InputError: a parameter out of range.

    """
    _check(parameters)
    graph = ContractGraph()
    add_timescales(graph, parameters.weights)
    return graph.finished("timescales", parameters)


def add_timescales(graph: ContractGraph, weights: TimescalesWeights) -> None:
    """Add the user and the contributions."""
    graph.axes()
    _constants(graph, weights)
    _weights(graph)
    scales = len(weights.skip)
    _user(graph, scales)
    _contributions(graph, scales)


def _constants(graph: ContractGraph, weights: TimescalesWeights) -> None:
    scales, dimension = weights.skip.shape
    graph.constant("per_viewing", weights.per_viewing[:, np.newaxis])
    graph.constant("per_day", weights.per_day[:, np.newaxis])
    graph.constant("largest_exponent", LARGEST_EXPONENT)
    graph.constant("smallest_sum", SMALLEST_SUM)
    graph.constant("offset", weights.offset)
    graph.constant("second", weights.second.T)
    for scale in range(scales):
        of_scale = slice(scale * dimension, (scale + 1) * dimension)
        graph.constant(f"first.{scale}", weights.first[:, of_scale].T)
        graph.constant(f"skip.{scale}", weights.skip[scale])
        graph.integers(f"scale.{scale}", [scale])
    graph.integers("along_viewings", 0)
    graph.add("Sigmoid", "offset", to="offset_gate")
    graph.add("Mul", "offset", "offset_gate", to="offset_silu")


def _weights(graph: ContractGraph) -> None:
    """Add w_i exp(−e_ik) [K, L], as it is and as it would be were there one later viewing less."""
    add = graph.add
    add("Sign", "history_weights", to="counted")
    add("CumSum", "counted", "along_viewings", to="later", exclusive=1, reverse=1)
    add("Unsqueeze", "later", "axis_0", to="later_row")
    add("Unsqueeze", "history_age_days", "axis_0", to="age_row")
    add("Mul", "per_viewing", "later_row", to="viewings_exponent")
    add("Mul", "per_day", "age_row", to="days_exponent")
    add("Add", "viewings_exponent", "days_exponent", to="exponent")
    add("Sub", "exponent", "per_viewing", to="nearer_exponent")
    add("Unsqueeze", "history_weights", "axis_0", to="weights_row")
    _decayed(graph, "exponent", "decayed")
    _decayed(graph, "nearer_exponent", "nearer")


def _decayed(graph: ContractGraph, exponent: str, name: str) -> None:
    graph.add("Min", exponent, "largest_exponent", to=f"{name}.capped")
    graph.add("Neg", f"{name}.capped", to=f"{name}.negative")
    graph.add("Exp", f"{name}.negative", to=f"{name}.fading")
    graph.add("Mul", f"{name}.fading", "weights_row", to=name)


def _user(graph: ContractGraph, scales: int) -> None:
    add = graph.add
    add("MatMul", "decayed", "history_embeddings", to="sums")
    add("ReduceSum", "decayed", "axis_1", to="total", keepdims=1)
    add("Max", "total", "smallest_sum", to="guarded_total")
    add("Div", "sums", "guarded_total", to="means")
    means = [add("Gather", "means", f"scale.{k}", to=f"mean.{k}", axis=0) for k in range(scales)]
    add("Squeeze", _encoded(graph, means, "user"), "axis_0", to="encoded")
    # Rounding may leave a trace where there is nothing to encode; nobody is nobody exactly.
    add("ReduceSum", "counted", "axis_0", to="count", keepdims=1)
    add("Sign", "count", to="anything")
    add("Mul", "encoded", "anything", to="user_embedding")


def _encoded(graph: ContractGraph, means: Sequence[str], name: str) -> str:
    """Return the name of users [R, D] for the means [R, D] of each scale."""
    add = graph.add
    inner, straight = "offset", ""
    for scale, mean in enumerate(means):
        inner = add("Gemm", mean, f"first.{scale}", inner, to=f"{name}.inner.{scale}")
        skipped = add("Mul", mean, f"skip.{scale}", to=f"{name}.skipped.{scale}")
        straight = (
            add("Add", straight, skipped, to=f"{name}.straight.{scale}") if straight else skipped
        )
    add("Sigmoid", inner, to=f"{name}.gate")
    add("Mul", inner, f"{name}.gate", to=f"{name}.silu")
    add("Sub", f"{name}.silu", "offset_silu", to=f"{name}.hidden")
    add("MatMul", f"{name}.hidden", "second", to=f"{name}.bent")
    return add("Add", f"{name}.bent", straight, to=f"{name}.users")


def _contributions(graph: ContractGraph, scales: int) -> None:
    """Add y_c · (u − u without i) [K, L]."""
    add = graph.add
    _left_out(graph)
    without = _encoded(graph, [_mean_without(graph, scale) for scale in range(scales)], "without")
    add("Sub", "user_embedding", without, to="moved")
    add("Unsqueeze", "left_out.counted", "axis_1", to="counted_column")
    add("Mul", "moved", "counted_column", to="moved_by_viewings")
    add("Gemm", "explain_embeddings", "moved_by_viewings", to="influences", transB=1)
    add("Reshape", "influences", "explained_by_viewings", to="contributions", allowzero=1)


def _mean_without(graph: ContractGraph, scale: int) -> str:
    """Return the name of what a scale's mean would be without each viewing [L, D].

    One scale after the other: all at once they take six times the memory, and leave the cache.
    """
    add = graph.add
    for name, reverse in (("nearer", 0), ("decayed", 1)):
        own = f"{name}.{scale}"
        add("Gather", f"left_out.{name}", f"scale.{scale}", to=f"{own}.row", axis=0)
        add("Transpose", f"{own}.row", to=f"{own}.column", perm=[1, 0])
        add("Mul", f"{own}.column", "left_out.history", to=f"{own}.rows")
        for what in ("rows", "column"):
            passed = f"{own}.{what}", "along_viewings"
            running = f"{own}.{what}.running"
            add("CumSum", *passed, to=running, exclusive=1, reverse=reverse)
    both = f"nearer.{scale}", f"decayed.{scale}"
    sums = add("Add", *(f"{own}.rows.running" for own in both), to=f"sums_without.{scale}")
    total = add("Add", *(f"{own}.column.running" for own in both), to=f"total_without.{scale}")
    add("Max", total, "smallest_sum", to=f"{total}.guarded")
    return add("Div", sums, f"{total}.guarded", to=f"mean_without.{scale}")


def _left_out(graph: ContractGraph) -> None:
    """Add the viewings to leave out one by one: all, or none where no title is explained.

    Leaving out 500 costs a dozen times what the user does, and half of all runs explain nothing.
    """
    add = graph.add
    graph.integers("no_rows", [0])
    add("Shape", "explain_embeddings", to="explained", start=0, end=1)
    add("Shape", "history_weights", to="viewings")
    add("Concat", "explained", "viewings", to="explained_by_viewings", axis=0)
    add("Sign", "explained", to="any_explained")
    add("Mul", "viewings", "any_explained", to="rows_left_out")
    for name, tensor, axis in (
        ("history", "history_embeddings", "axis_0"),
        ("counted", "counted", "axis_0"),
        ("decayed", "decayed", "axis_1"),
        ("nearer", "nearer", "axis_1"),
    ):
        add("Slice", tensor, "no_rows", "rows_left_out", axis, to=f"left_out.{name}")


def _check(parameters: TimescalesParameters) -> None:
    dimension = parameters.weights.skip.shape[1]
    wrong = wrong_weights(parameters.weights)
    if not 0 < parameters.temperature < np.inf:
        wrong.append("temperature")
    if wrong_centroids(parameters.centroids, dimension=dimension):
        wrong.append("centroids")
    if wrong:
        raise InputError(
            f"timescales: {', '.join(wrong)} out of range",
            hint="train again; decays are not negative, T is positive, centroids are unit rows",
        )


def wrong_weights(weights: TimescalesWeights) -> list[str]:
    """Return the names of weights that are out of range."""
    scales, dimension = weights.skip.shape
    wrong = []
    for name, shape in (
        ("per_viewing", (scales,)),
        ("per_day", (scales,)),
        ("first", (len(weights.offset), scales * dimension)),
        ("offset", (len(weights.offset),)),
        ("second", (dimension, len(weights.offset))),
        ("skip", (scales, dimension)),
    ):
        values = getattr(weights, name)
        if values.shape != shape or not np.isfinite(values).all():
            wrong.append(name)
    wrong += [name for name in ("per_viewing", "per_day") if (getattr(weights, name) < 0).any()]
    return wrong
