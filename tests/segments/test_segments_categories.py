from __future__ import annotations

import pytest

from edgeagent.messages import ReportTask, Segmenter, TargetReference
from edgeagent.segments.categories import argmax_segment, category_of

TARGET = TargetReference(path="models/a.onnx", sha256="0" * 64, length_bytes=1)
TASK = ReportTask(
    mechanism="subset_selection",
    categories=9,
    odds_numerator=3,
    odds_denominator=1,
    epoch=224,
    first_week=0,
    segmenter=Segmenter(space_id="0" * 16, model=TARGET, catalogue=TARGET),
    sensitive=(2, 7),
)


@pytest.mark.parametrize(
    ("probabilities", "segment"),
    [((0.1, 0.7, 0.2), 1), ((0.4, 0.2, 0.4), 0), ((0.25, 0.25, 0.25, 0.25), 0), ((1.0,), 0)],
)
def test_the_most_probable_segment_and_of_equal_ones_the_lowest(
    probabilities: tuple[float, ...], segment: int
) -> None:
    assert argmax_segment(probabilities) == segment


@pytest.mark.parametrize(
    ("segment", "category"),
    [(0, 0), (6, 6), (2, 8), (7, 8), (None, 8), (8, 8), (31, 8), (-1, 8)],
)
def test_sensitive_unknown_and_foreign_segments_count_as_none(
    segment: int | None, category: int
) -> None:
    assert category_of(segment, TASK) == category
