"""Head A ``foldin`` as an ONNX graph under tensor contract 1 (opset 17, IR 8).

A direct solve is not among ONNX's operators, so the graph solves by conjugate gradients, unrolled
(Hestenes and Stiefel 1952; Shewchuk 1994, section B3), preconditioned with the inverse of what no
history changes, G + λI: what remains is the identity plus the history's own part.
"""

from __future__ import annotations

import numpy as np

from edgeagent.errors import InputError
from model_export.contract_graph import ContractGraph, wrong_centroids
from model_export.reference import FoldinParameters

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
    _weights(graph, parameters)
    system = _System(graph, parameters, steps=steps)
    graph.add("Squeeze", system.solve("weighted_sum", "user"), "axis_1", to="user_embedding")
    _contributions(graph, system)
    return graph.finished("foldin", parameters)


class _System:
    """A = G + λI + Σ w y yᵀ, applied without being formed; solves for columns [D, C]."""

    def __init__(self, graph: ContractGraph, parameters: FoldinParameters, *, steps: int) -> None:
        self._graph = graph
        self._steps = steps
        fixed = parameters.gram + parameters.regularization * np.eye(len(parameters.gram))
        graph.constant("fixed", fixed)
        graph.constant("fixed_inverse", np.linalg.inv(fixed).astype(np.float64))
        graph.constant("tiny", _TINY)

    def solve(self, right: str, name: str) -> str:
        """Return the name of X [D, C] with A X = ``right``, each column on its own."""
        add = self._graph.add
        residual = right
        towards = add("MatMul", "fixed_inverse", residual, to=f"{name}.z.0")
        direction = towards
        size = self._dot(residual, towards, f"{name}.rz.0")
        answer = ""
        for step in range(self._steps):
            image = self._apply(direction, f"{name}.ap.{step}")
            bend = self._dot(direction, image, f"{name}.pap.{step}")
            length = self._ratio(size, bend, f"{name}.length.{step}")
            move = add("Mul", direction, length, to=f"{name}.move.{step}")
            answer = add("Add", answer, move, to=f"{name}.x.{step}") if answer else move
            if step == self._steps - 1:
                break
            change = add("Mul", image, length, to=f"{name}.change.{step}")
            residual = add("Sub", residual, change, to=f"{name}.r.{step + 1}")
            towards = add("MatMul", "fixed_inverse", residual, to=f"{name}.z.{step + 1}")
            smaller = self._dot(residual, towards, f"{name}.rz.{step + 1}")
            keep = self._ratio(smaller, size, f"{name}.keep.{step}")
            kept = add("Mul", direction, keep, to=f"{name}.kept.{step}")
            direction = add("Add", towards, kept, to=f"{name}.p.{step + 1}")
            size = smaller
        return answer

    def _apply(self, vector: str, name: str) -> str:
        add = self._graph.add
        seen = add("MatMul", "history_embeddings", vector, to=f"{name}.seen")
        back = add("MatMul", "weighted_transposed", seen, to=f"{name}.back")
        still = add("MatMul", "fixed", vector, to=f"{name}.still")
        return add("Add", still, back, to=name)

    def _dot(self, left: str, right: str, name: str) -> str:
        product = self._graph.add("Mul", left, right, to=f"{name}.product")
        return self._graph.add("ReduceSum", product, "axis_0", to=name, keepdims=1)

    def _ratio(self, above: str, below: str, name: str) -> str:
        guarded = self._graph.add("Max", below, "tiny", to=f"{name}.guarded")
        return self._graph.add("Div", above, guarded, to=name)


def _weights(graph: ContractGraph, parameters: FoldinParameters) -> None:
    """Add w [L], w y [L, D] and Σ w y [D, 1]."""
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
    graph.add("Transpose", "weighted", to="weighted_transposed", perm=[1, 0])
    graph.add("ReduceSum", "weighted_transposed", "axis_1", to="weighted_sum", keepdims=1)


def _contributions(graph: ContractGraph, system: _System) -> None:
    """Add w_i · y_cᵀ A⁻¹ y_i [K, L]."""
    graph.add("Transpose", "explain_embeddings", to="explain_columns", perm=[1, 0])
    solved = system.solve("explain_columns", "explain")
    graph.add("Transpose", solved, to="explain_rows", perm=[1, 0])
    graph.add("MatMul", "explain_rows", "weighted_transposed", to="contributions")


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
