"""Where head B is trained is chosen by what was asked for and by what is there."""

from __future__ import annotations

import pytest

from edgeagent.errors import InputError
from model_export.heads.devices import DEVICES, Device, chosen_device


def _never() -> str:
    raise AssertionError("a GPU was looked for")


@pytest.mark.parametrize(
    ("asked", "why", "chosen"),
    [("auto", "", "cuda"), ("auto", "no GPU", "cpu"), ("cuda", "", "cuda")],
)
def test_a_gpu_is_used_where_there_is_one(asked: Device, why: str, chosen: str) -> None:
    assert chosen_device(asked, lambda: why) == chosen


def test_the_processor_is_taken_without_a_look_at_the_gpu() -> None:
    assert chosen_device("cpu", _never) == "cpu"


def test_a_gpu_that_is_not_there_is_refused_with_the_reason() -> None:
    with pytest.raises(InputError, match="--device cuda: a build without CUDA") as refusal:
        chosen_device("cuda", lambda: "a build without CUDA")
    assert "--device cpu" in (refusal.value.hint or "")


def test_every_device_has_a_name() -> None:
    assert {chosen_device(each, lambda: "") for each in DEVICES} == {"cpu", "cuda"}
