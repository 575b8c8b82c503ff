"""A trained model as a file: NumPy arrays and one JSON text in an archive, without pickles."""

from __future__ import annotations

import io
import zipfile
from dataclasses import asdict, fields
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from edgeagent.errors import InputError, OutputError
from edgeagent.messages import Message, SegmentLabel, Title, canonical_bytes
from edgeagent.messages.manifest import LiftedWord
from edgeagent.regular_file import read_regular
from model_export.evaluation.ranking import RankingQuality
from model_export.heads.blend import BlendSettings
from model_export.heads.factors import ItemTable
from model_export.heads.foldin import FoldinSettings
from model_export.heads.linear import LinearSettings
from model_export.heads.timescales import TimescalesWeights
from model_export.heads.trained_model import HeadSettings, TrainedModel

__all__ = ["load_model", "save_model"]

_CAP_BYTES = 2**31
"""More than any catalogue makes; what is longer is no model of ours."""
_TIMESCALES = tuple(field.name for field in fields(TimescalesWeights))
_QUALITY = ("ndcg_at_10", "hit_rate_at_10", "recall_at_20", "ndcg_at_100")


class _Foldin(Message, frozen=True, kw_only=True):
    """Of head A; head B consists of arrays."""

    alpha: float
    regularization: float
    decay_days: float
    floor: float


class _Linear(Message, frozen=True, kw_only=True):
    """Of head C."""

    regularization: float
    dropout_ratio: float
    decay_days: float
    floor: float


class _Facts(Message, frozen=True, kw_only=True):
    """What is no array."""

    format: int = 1
    titles: tuple[Title, ...]
    labels: tuple[SegmentLabel, ...]
    segment_titles: tuple[tuple[str, ...], ...]
    foldin: _Foldin | None = None
    linear: _Linear | None = None
    gate: float | None = None
    """Of head D, which has the settings of C and the arrays of B."""
    fit_alpha: float | None
    fit_regularization: float | None
    session_cosine: float
    kept_fraction: float | None
    validated: bool
    lifted_words: tuple[LiftedWord, ...] = ()


def save_model(model: TrainedModel, path: Path) -> None:
    """Write ``model`` to ``path``.

    Raises:
        OutputError: it cannot be written.

    """
    settings, quality = model.settings, model.validation
    blend = settings if isinstance(settings, BlendSettings) else None
    linear = blend.linear if blend else settings
    weights = blend.timescales if blend else settings
    facts = _Facts(
        titles=model.titles,
        labels=model.labels,
        foldin=_Foldin(**asdict(settings)) if isinstance(settings, FoldinSettings) else None,
        linear=_Linear(**asdict(linear)) if isinstance(linear, LinearSettings) else None,
        gate=blend.gate if blend else None,
        segment_titles=model.segment_titles,
        fit_alpha=model.fit_alpha,
        fit_regularization=model.fit_regularization,
        session_cosine=model.session_cosine,
        kept_fraction=model.kept_fraction,
        validated=quality is not None,
        lifted_words=model.lifted_words,
    )
    arrays: dict[str, NDArray[np.generic]] = {
        "facts": np.frombuffer(canonical_bytes(facts), dtype=np.uint8),
        "rows": model.table.rows,
        "scale": model.table.scale,
        "bias": model.bias,
        "centroids": model.centroids,
        "session_share": model.session_share,
        "cohesion": model.cohesion,
        "unknown_share": model.unknown_share,
    }
    if isinstance(weights, TimescalesWeights):
        arrays |= {f"timescales.{name}": getattr(weights, name) for name in _TIMESCALES}
    if quality is not None:
        arrays |= {f"validation.{name}": getattr(quality, name) for name in _QUALITY}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    try:
        path.write_bytes(buffer.getvalue())
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}", hint="choose another place with --out"
        ) from error


def load_model(path: Path) -> TrainedModel:
    """Read a model that :func:`save_model` wrote.

    Raises:
        InputError: it cannot be read, or is no such file.

    """
    try:
        data = read_regular(path, cap_bytes=_CAP_BYTES)
        with zipfile.ZipFile(io.BytesIO(data)), np.load(io.BytesIO(data)) as archive:
            arrays = {name: archive[name] for name in archive.files}
        facts = msgspec.json.decode(arrays["facts"].tobytes(), type=_Facts)
        return _model(facts, arrays)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", hint="make it with 'model-export train'"
        ) from error
    except (zipfile.BadZipFile, msgspec.DecodeError, KeyError, ValueError, EOFError) as error:
        raise InputError(
            f"{path} is not a trained model: {error}", hint="make it with 'model-export train'"
        ) from error


def _model(facts: _Facts, arrays: dict[str, NDArray[np.generic]]) -> TrainedModel:
    quality = {name: arrays[f"validation.{name}"] for name in _QUALITY if facts.validated}
    rows, count = arrays["rows"].astype(np.int8), len(facts.titles)
    if rows.ndim != 2 or rows.shape[1] != count or len(facts.labels) != len(arrays["centroids"]):  # noqa: PLR2004
        message = "its parts do not fit together"
        raise ValueError(message)
    return TrainedModel(
        titles=facts.titles,
        table=ItemTable(rows=rows, scale=arrays["scale"].astype(np.float32)),
        bias=arrays["bias"].astype(np.float32),
        settings=_settings(facts, arrays),
        fit_alpha=facts.fit_alpha,
        fit_regularization=facts.fit_regularization,
        centroids=arrays["centroids"].astype(np.float64),
        labels=facts.labels,
        segment_titles=facts.segment_titles,
        session_share=arrays["session_share"].astype(np.float64),
        cohesion=arrays["cohesion"].astype(np.float64),
        session_cosine=facts.session_cosine,
        unknown_share=_unknown_share(arrays),
        kept_fraction=facts.kept_fraction,
        lifted_words=facts.lifted_words,
        validation=RankingQuality(
            **{name: values.astype(np.float64) for name, values in quality.items()}
        )
        if quality
        else None,
    )


def _unknown_share(arrays: dict[str, NDArray[np.generic]]) -> NDArray[np.float64]:
    """Return it; a file of an earlier version does not hold it and knew every topic."""
    known = np.zeros(len(arrays["centroids"]))
    return arrays.get("unknown_share", known).astype(np.float64)


def _settings(facts: _Facts, arrays: dict[str, NDArray[np.generic]]) -> HeadSettings:
    if facts.foldin is not None:
        return FoldinSettings(**msgspec.structs.asdict(facts.foldin))
    linear = None
    if facts.linear is not None:
        linear = LinearSettings(**msgspec.structs.asdict(facts.linear))
    if linear is not None and facts.gate is None:
        return linear
    weights = TimescalesWeights(
        **{name: arrays[f"timescales.{name}"].astype(np.float64) for name in _TIMESCALES}
    )
    if linear is None or facts.gate is None:
        return weights
    return BlendSettings(timescales=weights, linear=linear, gate=facts.gate)
