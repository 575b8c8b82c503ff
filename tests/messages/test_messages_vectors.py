"""The vectors that a port to another language is held against, held against this one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edgeagent.errors import MalformedMessage
from edgeagent.messages import (
    Report,
    ReportTask,
    canonical_bytes,
    decode_report,
    decode_task,
    encode_report,
)

VECTORS = Path(__file__).parents[1] / "vectors"


def cases(name: str) -> list[Any]:
    loaded = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))["cases"]
    return [pytest.param(case, id=case["name"]) for case in loaded]


def body_of(case: dict[str, Any]) -> bytes:
    if "body_hex" in case:
        return bytes.fromhex(case["body_hex"])
    return str(case["body"]).encode()


@pytest.mark.parametrize("case", cases("report_good"))
def test_good_reports(case: dict[str, Any]) -> None:
    report = msgspec.convert(case["fields"], Report)
    assert encode_report(report) == body_of(case)
    assert decode_report(body_of(case)) == report
    assert len(body_of(case)) == 512


@pytest.mark.parametrize("case", cases("task_good"))
def test_good_tasks(case: dict[str, Any]) -> None:
    task = msgspec.convert(case["fields"], ReportTask)
    assert canonical_bytes(task) == body_of(case)
    assert decode_task(body_of(case)) == task
    assert task.name == case["task_name"]
    assert task.none_category == case["fields"]["categories"] - 1


def refuses(decode: Callable[[bytes], object], case: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage) as caught:
        decode(body_of(case))
    assert caught.value.hint
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("case", cases("report_bad"))
def test_bad_reports_are_refused(case: dict[str, Any]) -> None:
    refuses(decode_report, case)


@pytest.mark.parametrize("case", cases("task_bad"))
def test_bad_tasks_are_refused(case: dict[str, Any]) -> None:
    refuses(decode_task, case)
