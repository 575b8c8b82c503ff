"""Every packet of a simulated quarter, and that a stray one would be seen."""

from __future__ import annotations

import pytest

from tests.audit.capture import capture, why_not
from tests.audit.part import Effort

QUICK = Effort(full=False, say=lambda _line: None)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_not()), reason=why_not())]


def test_every_packet_of_a_quarter_is_accounted_for() -> None:
    result = capture(QUICK)
    assert result.ok, result.wrong
    assert result.figures["reports"] == 2
    assert result.figures["report_body_bytes"] == [512]


def test_what_should_not_leave_is_seen() -> None:
    wrong = "\n".join(capture(QUICK, faults=("stray", "tag", "long")).wrong)
    assert "a packet nobody declared" in wrong
    assert "downloads of two boxes of one cohort differ" in wrong
    assert "reports differ in head or length" in wrong
    assert "not declared" in wrong
