"""Release: the only step that makes a report; it accepts only privatized counts."""

from __future__ import annotations

from edgeagent.messages.report import Report
from edgeagent.messages.task import ReportTask
from edgeagent.privacy.values import PrivatizedCounts
from edgeagent.randomness import RandomSource

__all__ = ["release"]

_ID_BITS = 128


def release(
    noisy: PrivatizedCounts, *, task: ReportTask, week: int, random: RandomSource
) -> Report:
    """Put privatized counts into a report with a fresh random id."""
    return Report(
        report_id=f"{random.below(1 << _ID_BITS):032x}",
        task=task.name,
        week=week,
        counts=noisy.counts,
    )
