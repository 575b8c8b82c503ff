"""Head D ``blend`` as an ONNX graph under tensor contract 1: those of heads B and C, joined."""

from __future__ import annotations

import numpy as np

from edgeagent.errors import InputError
from model_export.heads.blend import SHORTEST
from model_export.heads.blend_reference import BlendParameters
from model_export.heads.contract_graph import ContractGraph, GraphPart, wrong_centroids
from model_export.heads.linear_graph import add_linear
from model_export.heads.timescales_graph import add_timescales, wrong_weights

__all__ = ["build_blend_graph"]

_SHARED = ("history_weights", "history_age_days")
_SMALLEST_LINEAR = 2


def build_blend_graph(parameters: BlendParameters) -> bytes:
    """Build, check and serialise the model; equal arguments give equal bytes.

    Raises:
        InputError: a parameter out of range.

    """
    _check(parameters)
    graph = ContractGraph()
    first, dimension = parameters.weights.skip.shape[1], parameters.centroids.shape[1]
    graph.integers("columns", [1])
    for number, bound in enumerate((0, first, dimension)):
        graph.integers(f"bound.{number}", [bound])
    for number, head in enumerate(("timescales", "linear")):
        for tensor in ("history_embeddings", "explain_embeddings"):
            bounds = f"bound.{number}", f"bound.{number + 1}"
            graph.add("Slice", tensor, *bounds, "columns", to=f"{head}.{tensor}")
    add_timescales(GraphPart(graph, "timescales", shared=_SHARED), parameters.weights)
    add_linear(
        GraphPart(graph, "linear", shared=_SHARED),
        decay_days=parameters.decay_days,
        floor=parameters.floor,
        dimension=dimension - first,
    )
    _joined(graph, parameters.gate)
    return graph.finished("blend", parameters)


def _joined(graph: ContractGraph, gate: float) -> None:
    """Add the user [D] and the contributions [K, L] of both."""
    add = graph.add
    graph.constant("gate", gate)
    graph.constant("shortest", SHORTEST)
    add("ReduceL2", "linear.user_embedding", to="linear_length", axes=[0], keepdims=1)
    add("Max", "linear_length", "shortest", to="guarded_linear_length")
    add("Div", "gate", "guarded_linear_length", to="share")
    add("Mul", "linear.user_embedding", "share", to="shared_user")
    add("Concat", "timescales.user_embedding", "shared_user", to="user_embedding", axis=0)
    add("Mul", "linear.contributions", "share", to="shared_contributions")
    add("Add", "timescales.contributions", "shared_contributions", to="contributions")


def _check(parameters: BlendParameters) -> None:
    first, dimension = parameters.weights.skip.shape[1], parameters.centroids.shape[-1]
    positive = ("decay_days", "gate", "temperature")
    wrong = [name for name in positive if not 0 < getattr(parameters, name) < np.inf]
    wrong += wrong_weights(parameters.weights)
    if not 0 <= parameters.floor <= 1:
        wrong.append("floor")
    if dimension < first + _SMALLEST_LINEAR or wrong_centroids(
        parameters.centroids, dimension=dimension
    ):
        wrong.append("centroids")
    if wrong:
        raise InputError(
            f"blend: {', '.join(wrong)} out of range",
            hint="train again; τ, γ and T are positive, floor is 0-1, centroids are unit rows",
        )
