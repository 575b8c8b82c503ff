from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edgeagent.messages import ReportTask, Segmenter, TargetReference, decode_task
from edgeagent.messages.task import GroupDayparts
from edgeagent.segments.categories import argmax_segment, category_of, daypart_of

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
    assert category_of(segment, TASK, started_on=1_790_000_000) == category


BY_GROUP = msgspec.structs.replace(
    TASK,
    categories=17,
    by_group=GroupDayparts(groups=(0, 1, 2, 3, 3, 2, 1, 0), utc_offset_minutes=60),
)
MIDNIGHT = 1_789_945_200
"""2026-09-21 at 00:00 in UTC+01:00."""


@pytest.mark.parametrize(
    ("segment", "hours", "category"),
    [
        (0, 0, 0),
        (0, 6, 1),
        (6, 12, 6),
        (7, 12, 16),
        (0, 18, 3),
        (1, 0, 4),
        (3, 23.999, 15),
        (4, 24, 12),
        (5, 5.999, 8),
        (2, 20, 16),
        (None, 20, 16),
        (8, 20, 16),
    ],
)
def test_a_group_and_a_part_of_the_day_are_a_category_and_sensitive_comes_first(
    segment: int | None, hours: float, category: int
) -> None:
    at = MIDNIGHT + round(hours * 3600)
    assert category_of(segment, BY_GROUP, started_on=at) == category


@pytest.mark.parametrize("offset", [-720, -15, 0, 345, 840])
def test_parts_of_the_day_are_six_hours_of_the_stated_zone(offset: int) -> None:
    begin = 40 * 86_400 - 60 * offset
    found = [daypart_of(begin + 1800 * half, utc_offset_minutes=offset) for half in range(48)]
    assert found == [0] * 12 + [1] * 12 + [2] * 12 + [3] * 12


VECTORS = Path(__file__).parents[1] / "vectors"


def vectors(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))["cases"]
    return found


TASKS = {case["name"]: decode_task(case["body"].encode()) for case in vectors("task_good")}


@pytest.mark.parametrize("case", vectors("categories"), ids=lambda case: str(case["name"]))
def test_the_vectors_of_categories(case: dict[str, Any]) -> None:
    asked = TASKS[case["task"]]
    assert category_of(case["segment"], asked, started_on=case["started_on"]) == case["category"]
