from __future__ import annotations

import pytest

from edgeagent.errors import ModelError
from edgeagent.messages import SegmentLabel
from edgeagent.segments.mix import segment_mix

LABELS = (
    SegmentLabel(name="Comedy"),
    SegmentLabel(name="War", sensitive=True),
    SegmentLabel(name="Space"),
)


def test_parts_are_named_and_sorted_largest_first() -> None:
    parts = segment_mix((0.2, 0.6, 0.2), LABELS)
    assert [(p.segment, p.name, p.share_fraction, p.sensitive) for p in parts] == [
        (1, "War", 0.6, True),
        (0, "Comedy", 0.2, False),
        (2, "Space", 0.2, False),
    ]


def test_a_limit_keeps_the_largest() -> None:
    assert [part.segment for part in segment_mix((0.2, 0.3, 0.5), LABELS, limit=2)] == [2, 1]


def test_a_model_and_a_manifest_that_disagree_are_an_error() -> None:
    with pytest.raises(ModelError, match="2 segments, its manifest names 3") as disagreement:
        segment_mix((0.5, 0.5), LABELS)
    assert disagreement.value.hint
