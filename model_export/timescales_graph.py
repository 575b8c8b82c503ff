"""Head B ``timescales`` as an ONNX graph under tensor contract 1.

Leave-one-out influences cost one pass more, not L passes: without viewing i, what came later keeps
its weights and what came before is one viewing nearer, so sums without i are two running sums put
together. (Nothing is subtracted from a total: that would leave rounding errors where one viewing
outweighs the rest.)
"""

from __future__ import annotations

import numpy as np

from edgeagent.errors import InputError
from model_export.contract_graph import ContractGraph, wrong_centroids
from model_export.timescales import LARGEST_EXPONENT, SMALLEST_SUM
from model_export.timescales_reference import TimescalesParameters

__all__ = ["build_timescales_graph"]


def build_timescales_graph(parameters: TimescalesParameters) -> bytes:
    """Build, check and serialise the model; equal arguments give equal bytes.

    Raises:
        InputError: a parameter out of range.

    """
    _check(parameters)
    graph = ContractGraph()
    _constants(graph, parameters)
    _weights(graph)
    _user(graph)
    _contributions(graph)
    return graph.finished("timescales", parameters)


def _constants(graph: ContractGraph, parameters: TimescalesParameters) -> None:
    weights = parameters.weights
    scales, dimension = weights.skip.shape
    graph.constant("per_viewing", weights.per_viewing[:, np.newaxis])
    graph.constant("per_day", weights.per_day[:, np.newaxis])
    graph.constant("largest_exponent", LARGEST_EXPONENT)
    graph.constant("smallest_sum", SMALLEST_SUM)
    graph.constant("first", weights.first.T)
    graph.constant("offset", weights.offset)
    graph.constant("second", weights.second.T)
    graph.constant("skip", weights.skip)
    graph.integers("flat", [0, scales * dimension])
    graph.integers("flat_user", [1, scales * dimension])
    graph.integers("stacked_user", [1, scales, dimension])
    graph.integers("along_viewings", 0)
    graph.integers("along_rows", 1)
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


def _user(graph: ContractGraph) -> None:
    add = graph.add
    add("MatMul", "decayed", "history_embeddings", to="sums")
    add("ReduceSum", "decayed", "axis_1", to="total", keepdims=1)
    add("Max", "total", "smallest_sum", to="guarded_total")
    add("Div", "sums", "guarded_total", to="means")
    add("Reshape", "means", "stacked_user", to="stacked_means")
    add("Reshape", "means", "flat_user", to="flat_means")
    add("Squeeze", _encoded(graph, "stacked_means", "flat_means", "user"), "axis_0", to="encoded")
    # Rounding may leave a trace where there is nothing to encode; nobody is nobody exactly.
    add("ReduceSum", "counted", "axis_0", to="count", keepdims=1)
    add("Sign", "count", to="anything")
    add("Mul", "encoded", "anything", to="user_embedding")


def _encoded(graph: ContractGraph, stacked: str, flat: str, name: str) -> str:
    """Return the name of users [R, D] for means [R, K, D], which are [R, K·D] when flat."""
    add = graph.add
    add("MatMul", flat, "first", to=f"{name}.product")
    add("Add", f"{name}.product", "offset", to=f"{name}.inner")
    add("Sigmoid", f"{name}.inner", to=f"{name}.gate")
    add("Mul", f"{name}.inner", f"{name}.gate", to=f"{name}.silu")
    add("Sub", f"{name}.silu", "offset_silu", to=f"{name}.hidden")
    add("MatMul", f"{name}.hidden", "second", to=f"{name}.bent")
    add("Mul", stacked, "skip", to=f"{name}.skipped")
    add("ReduceSum", f"{name}.skipped", "axis_1", to=f"{name}.straight", keepdims=0)
    return add("Add", f"{name}.bent", f"{name}.straight", to=f"{name}.users")


def _contributions(graph: ContractGraph) -> None:
    """Add y_c · (u − u without i) [K, L]."""
    add = graph.add
    _left_out(graph)
    add("Unsqueeze", "left_out.history", "axis_0", to="history_rows")
    for name, reverse in (("nearer", 0), ("decayed", 1)):
        add("Unsqueeze", f"left_out.{name}", "axis_2", to=f"{name}.column")
        add("Mul", f"{name}.column", "history_rows", to=f"{name}.rows")
        for what in ("rows", "column"):
            running = f"{name}.{what}.running"
            add("CumSum", f"{name}.{what}", "along_rows", to=running, exclusive=1, reverse=reverse)
    add("Add", "nearer.rows.running", "decayed.rows.running", to="sums_without")
    add("Add", "nearer.column.running", "decayed.column.running", to="total_without")
    add("Max", "total_without", "smallest_sum", to="guarded_total_without")
    add("Div", "sums_without", "guarded_total_without", to="scales_without")
    add("Transpose", "scales_without", to="means_without", perm=[1, 0, 2])
    add("Reshape", "means_without", "flat", to="flat_without")
    without = _encoded(graph, "means_without", "flat_without", "without")
    add("Sub", "user_embedding", without, to="moved")
    add("Unsqueeze", "left_out.counted", "axis_1", to="counted_column")
    add("Mul", "moved", "counted_column", to="moved_by_viewings")
    add("Transpose", "moved_by_viewings", to="moved_columns", perm=[1, 0])
    add("MatMul", "explain_embeddings", "moved_columns", to="influences")
    add("Reshape", "influences", "explained_by_viewings", to="contributions", allowzero=1)


def _left_out(graph: ContractGraph) -> None:
    """Add the viewings to leave out one by one: all, or none where no title is explained.

    Leaving out 500 costs twenty times what the user does, and most runs explain nothing.
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
    weights = parameters.weights
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
    if not 0 < parameters.temperature < np.inf:
        wrong.append("temperature")
    if wrong_centroids(parameters.centroids, dimension=dimension):
        wrong.append("centroids")
    if wrong:
        raise InputError(
            f"timescales: {', '.join(wrong)} out of range",
            hint="train again; decays are not negative, T is positive, centroids are unit rows",
        )
