"""One model of each head, over the same embeddings: what is true of all is tried with these."""

from __future__ import annotations

from edgeagent.messages.fields import HeadName
from model_export.heads.trained_model import TrainedModel
from tests.model_export.heads.blend_cases import with_blend
from tests.model_export.heads.linear_cases import with_linear
from tests.model_export.heads.timescales_cases import with_timescales

__all__ = ["with_every_head"]


def with_every_head(model: TrainedModel) -> dict[HeadName, TrainedModel]:
    """Return ``model``, of head A, and others that differ from it by their head."""
    return {
        "foldin": model,
        "linear": with_linear(model),
        "timescales": with_timescales(model),
        "blend": with_blend(model),
    }
