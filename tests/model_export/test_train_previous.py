"""``train`` with a previous model of any head, for any head."""

from __future__ import annotations

import pytest

from edgeagent.messages.fields import HeadName
from model_export.heads.fit import HEADS, torch_is_there
from model_export.heads.trained_model import TrainedModel
from model_export.log import WatchLog
from model_export.train import train
from tests.model_export.heads.every_head import with_every_head


@pytest.mark.deep
@pytest.mark.parametrize("before", HEADS)
@pytest.mark.parametrize("now", HEADS)
def test_segments_are_carried_from_any_head_to_any_other(
    panel: WatchLog, model: TrainedModel, before: HeadName, now: HeadName
) -> None:
    if now in ("timescales", "blend") and not torch_is_there():
        pytest.skip("needs PyTorch: pip install 'edgeagent[train]'")
    few, previous = panel.select(panel.users < 20), with_every_head(model)[before]
    after = train(few, seed=2, segments=16, dimension=16, head=now, previous=previous)
    assert after.head == now
    assert after.kept_fraction is not None
    assert after.kept_fraction > 0.2  # by chance it would be a sixteenth
