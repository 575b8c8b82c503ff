from __future__ import annotations

import pytest

from edgeagent.messages import ReportTask, Segmenter, TargetReference
from edgeagent.messages.task import GroupDayparts
from edgeagent.messages.task_labels import (
    category_names,
    plain_label,
    task_categories,
    zone_name,
)

FILE = TargetReference(path="models/a.onnx", sha256="0" * 64, length_bytes=1)


def asked(*groups: int, sensitive: tuple[int, ...] = ()) -> ReportTask:
    return ReportTask(
        mechanism="subset_selection",
        categories=17,
        odds_numerator=3,
        odds_denominator=1,
        epoch=226,
        first_week=0,
        segmenter=Segmenter(space_id="0" * 16, model=FILE, catalogue=FILE),
        sensitive=sensitive,
        by_group=GroupDayparts(groups=groups, utc_offset_minutes=0),
    )


def names(task: ReportTask, *labels: str) -> list[str]:
    found = category_names(task, tuple(map(plain_label, labels)))
    return [label.name for label in found]


def test_a_group_is_called_by_its_segments_in_each_part_of_the_day() -> None:
    found = names(asked(0, 0, 0, 1, 1, 2, 3, 3), "A", "B", "C", "D", "E", "F", "G", "H")
    assert found[:5] == [
        "A, B and 1 more, night",
        "A, B and 1 more, morning",
        "A, B and 1 more, afternoon",
        "A, B and 1 more, evening",
        "D, E, night",
    ]
    assert found[8:9] + found[-1:] == ["F, night", "G, H, evening"]
    assert len(found) == 16


def test_sensitive_segments_name_nothing_and_a_group_of_them_is_empty() -> None:
    task = asked(0, 0, 1, 1, 2, 2, 3, 3, sensitive=(0, 2, 3))
    found = names(task, *"ABCDEFGH")
    assert found[0] == "B, night"
    assert found[4] == "group 1, which is empty, night"
    assert task.empty_categories == {4, 5, 6, 7}


def test_categories_hold_the_segments_that_count_as_them() -> None:
    labels = tuple(map(plain_label, "ABCDEFGH"))
    found = task_categories(asked(0, 0, 1, 1, 2, 2, 3, 3, sensitive=(0, 2, 3)), labels)
    told = [
        ("".join(label.name for label in one.segments), one.daypart, one.is_counted)
        for one in found
    ]
    assert told[:2] == [("B", "night", True), ("B", "morning", True)]
    assert told[4:5] + told[-2:] == [
        ("", "night", False),
        ("GH", "evening", True),
        ("", None, True),
    ]
    by_segment = ReportTask(
        mechanism="subset_selection",
        categories=9,
        odds_numerator=3,
        odds_denominator=1,
        epoch=226,
        first_week=0,
        segmenter=Segmenter(space_id="0" * 16, model=FILE, catalogue=FILE),
        sensitive=(1,),
    )
    found = task_categories(by_segment, labels[:7])
    assert [one.is_counted for one in found] == [True, False, *[True] * 7]
    assert [label.name for one in found for label in one.segments] == [*"ABCDEFG", "segment 7"]
    assert all(one.daypart is None for one in found)


def test_long_names_still_fit() -> None:
    found = names(asked(0, 0, 0, 0, 0, 0, 1, 1), *["L" * 200] * 8)
    assert max(map(len, found)) <= 200


@pytest.mark.parametrize(
    ("minutes", "name"), [(0, "UTC+00:00"), (345, "UTC+05:45"), (-210, "UTC-03:30")]
)
def test_zones_have_names(minutes: int, name: str) -> None:
    assert zone_name(minutes) == name
