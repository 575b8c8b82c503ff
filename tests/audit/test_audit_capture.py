"""Every packet of a simulated quarter, and that a stray one would be seen."""

from __future__ import annotations

import os

import pytest

from tests.audit import capture as module
from tests.audit.capture import capture, must_run, why_not
from tests.audit.part import Effort

QUICK = Effort(full=False, say=lambda _line: None)

pytestmark = pytest.mark.deep


@pytest.fixture(scope="module")
def can_capture() -> None:
    reason = why_not()
    if reason and must_run():
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


@pytest.mark.usefixtures("can_capture")
def test_what_should_not_leave_is_seen() -> None:
    wrong = "\n".join(capture(QUICK, faults=("stray", "tag", "long")).wrong)
    assert "a packet nobody declared" in wrong
    assert "downloads of two boxes of one cohort differ" in wrong
    assert "reports differ in head or length" in wrong
    assert "not declared" in wrong


@pytest.mark.parametrize(
    ("setting", "user", "ok"), [("1", 0, False), ("1", 1000, True), ("", 0, True)]
)
def test_what_cannot_be_captured_is_skipped_but_not_by_root_where_all_is_installed(
    monkeypatch: pytest.MonkeyPatch, *, setting: str, user: int, ok: bool
) -> None:
    monkeypatch.setenv("EDGEAGENT_CI", setting)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(module, "why_not", lambda: "no cable")
    result = capture(QUICK)
    assert (result.skipped, result.ok) == ("no cable", ok)
    assert result.wrong == (() if ok else ("has to run here: no cable",))
