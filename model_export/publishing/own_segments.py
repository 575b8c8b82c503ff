"""Which segments a title is nearest to, as the box computes it: artwork may be for these alone."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from edgeagent.promotion.limits import TITLE_SEGMENTS
from model_export.heads.contract_graph import UNIT_GUARD
from model_export.heads.trained_model import TrainedModel

__all__ = ["own_segments"]


def own_segments(model: TrainedModel, entity_ids: Collection[str]) -> dict[str, tuple[int, ...]]:
    """Return the own segments of titles, the nearest first; none of titles it was not trained on.

    A title is held against the segments by what the head makes of a history of it alone, which is
    how sessions are, too.
    """
    encoder, rows = model.encoder(), model.table.rows
    found: dict[str, tuple[int, ...]] = {}
    for item, title in enumerate(model.titles):
        if title.entity_id not in entity_ids or not rows[:, item].any():
            continue
        user = encoder.user(np.array([item]), np.ones(1), np.zeros(1))
        cosines = model.centroids @ user / max(float(np.linalg.norm(user)), UNIT_GUARD)
        order = np.argsort(-cosines, kind="stable")
        found[title.entity_id] = tuple(order[:TITLE_SEGMENTS].tolist())
    return found
