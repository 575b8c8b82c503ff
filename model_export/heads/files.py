"""From a trained head to its two files: a graph, and golden vectors that the graph has met.

Run by ONNX's own reference implementation, so that publishing needs no runtime.
"""

from __future__ import annotations

from functools import partial

import onnx
from onnx.reference import ReferenceEvaluator

from edgeagent.errors import ModelError
from edgeagent.features.golden import GOLDEN_RTOL, decode_golden, first_miss
from model_export.heads.blend import BlendSettings
from model_export.heads.blend_graph import build_blend_graph
from model_export.heads.blend_reference import BlendParameters, blend_reference
from model_export.heads.contract_reference import Reference, golden_vectors
from model_export.heads.foldin import FoldinSettings, FoldinSolver
from model_export.heads.foldin_graph import build_foldin_graph
from model_export.heads.foldin_reference import FoldinParameters, foldin_reference
from model_export.heads.linear import LinearSettings
from model_export.heads.linear_graph import build_linear_graph
from model_export.heads.linear_reference import LinearParameters, linear_reference
from model_export.heads.timescales import TimescalesWeights
from model_export.heads.timescales_graph import build_timescales_graph
from model_export.heads.timescales_reference import TimescalesParameters, timescales_reference
from model_export.heads.trained_model import TrainedModel

__all__ = ["TEMPERATURE", "exact_graph", "head_files"]

TEMPERATURE = 0.1
"""T of the softmax over cosines: a difference of 0.1 is a factor of e."""

_GOLDEN_SEED = 1
_STEPS = (16, 24, 32, 48, 64)
_MARGIN = 5
"""Histories of real households are not the golden ones, and the box rounds otherwise."""


def head_files(model: TrainedModel, *, model_version: str) -> tuple[bytes, bytes]:
    """Return the graph and the golden vectors of a model; equal arguments give equal bytes.

    Raises:
        InputError: a parameter out of range.
        ModelError: the graph does not compute what it should.

    """
    match model.settings:
        case FoldinSettings() as settings:
            foldin = _foldin_parameters(model, settings, model_version)
            golden = _golden(model, partial(foldin_reference, foldin))
            return exact_graph(foldin, golden), golden
        case LinearSettings() as settings:
            linear = _linear_parameters(model, settings, model_version)
            golden = _golden(model, partial(linear_reference, linear))
            return _met(build_linear_graph(linear), golden), golden
        case TimescalesWeights() as weights:
            timescales = _timescales_parameters(model, weights, model_version)
            golden = _golden(model, partial(timescales_reference, timescales))
            return _met(build_timescales_graph(timescales), golden), golden
        case BlendSettings() as settings:
            blend = _blend_parameters(model, settings, model_version)
            golden = _golden(model, partial(blend_reference, blend))
            return _met(build_blend_graph(blend), golden), golden


def _met(graph: bytes, golden: bytes) -> bytes:
    """Return a graph that meets its golden vectors with room to spare.

    Raises:
        ModelError: it does not.

    """
    if missed := _first_miss(graph, golden, rtol=GOLDEN_RTOL / _MARGIN):
        raise ModelError(
            f"the graph does not compute what it should: {missed}",
            hint="train again with another --seed, or with --head foldin",
        )
    return graph


def exact_graph(parameters: FoldinParameters, golden: bytes) -> bytes:
    """Build the graph with as few steps as meet the golden vectors with room to spare.

    A log that is small for its dimensions makes a system that float32 solves less well however
    many steps it takes; then meeting the vectors without that room has to do.

    Raises:
        ModelError: no number of steps does.

    """
    missed: str | None = None
    for steps in _STEPS:
        graph = build_foldin_graph(parameters, steps=steps)
        rtol = GOLDEN_RTOL / (1 if steps == _STEPS[-1] else _MARGIN)
        missed = _first_miss(graph, golden, rtol=rtol)
        if missed is None:
            return graph
    raise ModelError(
        f"{_STEPS[-1]} steps do not solve the fold-in: {missed}",
        hint="train on a larger log, or with fewer dimensions: the factors are degenerate",
    )


def _first_miss(graph: bytes, golden: bytes, *, rtol: float) -> str | None:
    evaluator = ReferenceEvaluator(onnx.load_from_string(graph))
    for case in decode_golden(golden):
        outputs = evaluator.run(None, dict(case.inputs))
        answers = dict(zip(evaluator.output_names, outputs, strict=True))
        if missed := first_miss(case, answers, rtol=rtol):
            return missed
    return None


def _golden(model: TrainedModel, reference: Reference) -> bytes:
    return golden_vectors(
        reference,
        rows=model.table.rows,
        scale=model.table.scale,
        bias=model.bias,
        seed=_GOLDEN_SEED,
    )


def _foldin_parameters(
    model: TrainedModel, settings: FoldinSettings, model_version: str
) -> FoldinParameters:
    return FoldinParameters(
        gram=FoldinSolver(model.table.embeddings(), settings).gram,
        regularization=settings.regularization,
        alpha=settings.alpha,
        decay_days=settings.decay_days,
        floor=settings.floor,
        centroids=model.centroids,
        temperature=TEMPERATURE,
        space_id=model.table.space_id,
        model_version=model_version,
    )


def _linear_parameters(
    model: TrainedModel, settings: LinearSettings, model_version: str
) -> LinearParameters:
    return LinearParameters(
        decay_days=settings.decay_days,
        floor=settings.floor,
        centroids=model.centroids,
        temperature=TEMPERATURE,
        space_id=model.table.space_id,
        model_version=model_version,
    )


def _timescales_parameters(
    model: TrainedModel, weights: TimescalesWeights, model_version: str
) -> TimescalesParameters:
    return TimescalesParameters(
        weights=weights,
        centroids=model.centroids,
        temperature=TEMPERATURE,
        space_id=model.table.space_id,
        model_version=model_version,
    )


def _blend_parameters(
    model: TrainedModel, settings: BlendSettings, model_version: str
) -> BlendParameters:
    return BlendParameters(
        weights=settings.timescales,
        decay_days=settings.linear.decay_days,
        floor=settings.linear.floor,
        gate=settings.gate,
        centroids=model.centroids,
        temperature=TEMPERATURE,
        space_id=model.table.space_id,
        model_version=model_version,
    )
