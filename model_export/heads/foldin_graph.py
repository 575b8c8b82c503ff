"""Head A ``foldin`` as an ONNX graph under tensor contract 1 (opset 17, IR 8).

A direct solve is not among ONNX's operators, so the graph solves by conjugate gradients, unrolled
(Hestenes and Stiefel 1952; Shewchuk 1994, section B3), preconditioned with the inverse of what no
history changes, G + λI: what remains is the identity plus the history's own part. The user and the
explained titles are right sides of one system, solved together.
"""

from __future__ import annotations

import numpy as np

from edgeagent.errors import InputError
from model_export.heads.contract_graph import ContractGraph, wrong_centroids
from model_export.heads.foldin_reference import FoldinParameters

__all__ = ["build_foldin_graph"]

_TINY = 1e-30
"""Smallest divisor: without history every dot product is 0, and 0 / 1e-30 is 0."""


def build_foldin_graph(parameters: FoldinParameters, *, steps: int = 16) -> bytes:
    """Build, check and serialise the model; equal arguments give equal bytes.

    Args:
        parameters: what it holds.
        steps: of conjugate gradients. On trained models 500 viewings of α = 40 at λ = 0.1 are the
            worst: 8 steps leave 1 %, 12 leave 7e-4, 16 leave 5e-5. The exporter takes more where
            golden vectors ask for it.

    Raises:
        InputError: a parameter out of range.

    """
    _check(parameters)
    graph = ContractGraph()
    graph.axes()
    _weights(graph, parameters)
    _system(graph, parameters)
    graph.add("Concat", "weighted_sum", "explain_embeddings", to="right_sides", axis=0)
    solved = _solve(graph, "right_sides", steps=steps)
    _user_and_contributions(graph, solved)
    return graph.finished("foldin", parameters)


def _weights(graph: ContractGraph, parameters: FoldinParameters) -> None:
    """Add w y [L, D] and Σ w y [1, D]."""
    graph.constant("decay_rate", -1.0 / parameters.decay_days)
    graph.constant("floor", parameters.floor)
    graph.constant("alpha", parameters.alpha)
    graph.add("Mul", "history_age_days", "decay_rate", to="age")
    graph.add("Exp", "age", to="fading")
    graph.add("Max", "fading", "floor", to="recency")
    graph.add("Mul", "history_weights", "recency", to="recent_weights")
    graph.add("Mul", "recent_weights", "alpha", to="weights")
    graph.add("Unsqueeze", "weights", "axis_1", to="weight_column")
    graph.add("Mul", "history_embeddings", "weight_column", to="weighted")
    graph.add("ReduceSum", "weighted", "axis_0", to="weighted_sum", keepdims=1)


def _system(graph: ContractGraph, parameters: FoldinParameters) -> None:
    """Add A = G + λI + Σ w y yᵀ [D, D].

    Formed once: applying the history's part to 11 vectors in each of 16 steps costs ten times as
    much, and even for one vector it costs more.
    """
    fixed = parameters.gram + parameters.regularization * np.eye(len(parameters.gram))
    graph.constant("fixed", fixed)
    graph.constant("fixed_inverse", np.linalg.inv(fixed).astype(np.float64))
    graph.constant("tiny", _TINY)
    graph.add("Gemm", "weighted", "history_embeddings", "fixed", to="system", transA=1)


def _solve(graph: ContractGraph, right: str, *, steps: int) -> str:
    """Return the name of X [R, D] with X A = ``right``, each row on its own; A is symmetric."""
    add = graph.add
    residual, answer = right, ""
    direction = towards = add("MatMul", residual, "fixed_inverse", to="z.0")
    size = _dot(graph, residual, towards, "rz.0")
    for step in range(steps):
        image = add("MatMul", direction, "system", to=f"ap.{step}")
        bend = _dot(graph, direction, image, f"pap.{step}")
        length = add("Div", size, _guarded(graph, bend), to=f"length.{step}")
        move = add("Mul", direction, length, to=f"move.{step}")
        answer = add("Add", answer, move, to=f"x.{step}") if answer else move
        if step == steps - 1:
            break
        change = add("Mul", image, length, to=f"change.{step}")
        residual = add("Sub", residual, change, to=f"r.{step + 1}")
        towards = add("MatMul", residual, "fixed_inverse", to=f"z.{step + 1}")
        smaller = _dot(graph, residual, towards, f"rz.{step + 1}")
        keep = add("Div", smaller, _guarded(graph, size), to=f"keep.{step}")
        kept = add("Mul", direction, keep, to=f"kept.{step}")
        direction = add("Add", towards, kept, to=f"p.{step + 1}")
        size = smaller
    return answer


def _dot(graph: ContractGraph, left: str, right: str, name: str) -> str:
    product = graph.add("Mul", left, right, to=f"{name}.product")
    return graph.add("ReduceSum", product, "axis_1", to=name, keepdims=1)


def _guarded(graph: ContractGraph, below: str) -> str:
    return graph.add("Max", below, "tiny", to=f"{below}.guarded")


def _user_and_contributions(graph: ContractGraph, solved: str) -> None:
    """Add u = A⁻¹ Σ w y, the first row, and w_i · y_cᵀ A⁻¹ y_i [K, L] of the others."""
    add = graph.add
    graph.integers("first_row", [0])
    graph.integers("other_rows", [1])
    graph.integers("last_row", [np.iinfo(np.int64).max])
    user = add("Slice", solved, "first_row", "other_rows", "axis_0", to="user_row")
    add("Squeeze", user, "axis_0", to="user_embedding")
    explained = add("Slice", solved, "other_rows", "last_row", "axis_0", to="explain_rows")
    add("Gemm", explained, "weighted", to="contributions", transB=1)


def _check(parameters: FoldinParameters) -> None:
    dimension = len(parameters.gram)
    positive = ("regularization", "alpha", "decay_days", "temperature")
    wrong = [name for name in positive if not 0 < getattr(parameters, name) < np.inf]
    if not 0 <= parameters.floor <= 1:
        wrong.append("floor")
    if parameters.gram.shape != (dimension, dimension) or not np.isfinite(parameters.gram).all():
        wrong.append("gram")
    if wrong_centroids(parameters.centroids, dimension=dimension):
        wrong.append("centroids")
    if wrong:
        raise InputError(
            f"fold-in: {', '.join(wrong)} out of range",
            hint="train again; λ, α, τ and T are positive, floor is 0-1, centroids are unit rows",
        )
