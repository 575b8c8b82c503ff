"""Head C ``linear`` as an ONNX graph under tensor contract 1 (opset 17, IR 8).

Nothing is solved and no [L, D] tensor is made: the user is one product of weights and history, the
contributions one of explained and watched rows.
"""

from __future__ import annotations

import numpy as np

from edgeagent.errors import InputError
from model_export.heads.contract_graph import ContractGraph, wrong_centroids
from model_export.heads.linear import SMALLEST_KNOWN
from model_export.heads.linear_reference import LinearParameters

__all__ = ["add_linear", "build_linear_graph"]

_SMALLEST_DIMENSION = 2


def build_linear_graph(parameters: LinearParameters) -> bytes:
    """Build, check and serialise the model; equal arguments give equal bytes.

    Raises:
        InputError: a parameter out of range.

    """
    _check(parameters)
    graph = ContractGraph()
    dimension = parameters.centroids.shape[1]
    add_linear(graph, decay_days=parameters.decay_days, floor=parameters.floor, dimension=dimension)
    return graph.finished("linear", parameters)


def add_linear(graph: ContractGraph, *, decay_days: float, floor: float, dimension: int) -> None:
    """Add the user and the contributions."""
    graph.constant("decay_rate", -1.0 / decay_days)
    graph.constant("floor", floor)
    _weights(graph, dimension=dimension)
    _user_and_contributions(graph, dimension=dimension)


def _weights(graph: ContractGraph, *, dimension: int) -> None:
    """Add w / known² [L]."""
    graph.constant("smallest_known", SMALLEST_KNOWN)
    graph.integers("last_coordinate", dimension - 1)
    add = graph.add
    add("Mul", "history_age_days", "decay_rate", to="age")
    add("Exp", "age", to="fading")
    add("Max", "fading", "floor", to="recency")
    add("Mul", "history_weights", "recency", to="recent_weights")
    add("Gather", "history_embeddings", "last_coordinate", to="known", axis=1)
    add("Max", "known", "smallest_known", to="guarded_known")
    add("Mul", "guarded_known", "guarded_known", to="known_squared")
    add("Div", "recent_weights", "known_squared", to="weights")


def _user_and_contributions(graph: ContractGraph, *, dimension: int) -> None:
    """Add u = Σ w v / known² [D], and the part of each viewing in each explained score [K, L]."""
    add = graph.add
    graph.constant("all_but_the_last", np.append(np.ones(dimension - 1), 0.0))
    add("MatMul", "weights", "history_embeddings", to="weighted_sum")
    add("Mul", "weighted_sum", "all_but_the_last", to="user_embedding")
    add("Mul", "explain_embeddings", "all_but_the_last", to="explain_rows")
    add("Gemm", "explain_rows", "history_embeddings", to="likeness_to_history", transB=1)
    add("Mul", "likeness_to_history", "weights", to="contributions")


def _check(parameters: LinearParameters) -> None:
    dimension = parameters.centroids.shape[-1]
    positive = ("decay_days", "temperature")
    wrong = [name for name in positive if not 0 < getattr(parameters, name) < np.inf]
    if not 0 <= parameters.floor <= 1:
        wrong.append("floor")
    if dimension < _SMALLEST_DIMENSION or wrong_centroids(
        parameters.centroids, dimension=dimension
    ):
        wrong.append("centroids")
    if wrong:
        raise InputError(
            f"linear: {', '.join(wrong)} out of range",
            hint="train again; τ and T are positive, floor is 0-1, centroids are unit rows",
        )
