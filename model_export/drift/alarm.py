"""The alarm: segments whose shares have moved more than chance and the model explain."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from edgeagent.messages import Message, SegmentLabel
from model_export.drift.counts import Mix

__all__ = ["DriftAlarm", "Moved", "judge_drift"]

_FALSE_ALARMS = 0.05


class Moved(Message, frozen=True, kw_only=True):
    """One segment's share, then and now, of the sessions that count for a segment."""

    segment: int
    name: str
    before: float
    now: float
    explained: float
    """So large a change the intervals and the model explain."""
    alarm: bool


class DriftAlarm(Message, frozen=True, kw_only=True):
    """All segments that are counted, the largest change beyond what is explained first."""

    reports: int
    false_alarms: float
    """The chance of any alarm where nothing has moved."""
    moved: tuple[Moved, ...]

    @property
    def segments(self) -> tuple[int, ...]:
        """Those that give the alarm."""
        return tuple(one.segment for one in self.moved if one.alarm)


def judge_drift(before: Mix, now: Mix, labels: tuple[SegmentLabel, ...]) -> DriftAlarm:
    """Compare two mixes, segment by segment.

    A change is explained up to z √(σ² before + σ² now) by chance, with z so that no segment gives
    an alarm in 95 of 100 quarters in which nothing moves (Bonferroni); and up to (1 − kept) times
    the larger share by the model, where it is another one whose segments were carried over: so
    many sessions have changed their segment without anybody having watched anything else.

    Args:
        before: of an earlier quarter.
        now: of the newest.
        labels: of the segments.

    """
    counted = np.flatnonzero(now.counted)
    z = NormalDist().inv_cdf(1 - _FALSE_ALARMS / 2 / len(counted))
    by_chance = z * np.sqrt(before.errors**2 + now.errors**2)
    by_model = (1 - before.kept_fraction) * np.maximum(before.shares, now.shares)
    explained = by_chance + by_model
    beyond = np.abs(now.shares - before.shares) - explained
    return DriftAlarm(
        reports=now.reports,
        false_alarms=_FALSE_ALARMS,
        moved=tuple(
            Moved(
                segment=int(number),
                name=labels[number].name,
                before=float(before.shares[number]),
                now=float(now.shares[number]),
                explained=float(explained[number]),
                alarm=bool(beyond[number] > 0),
            )
            for number in counted[np.argsort(-beyond[counted], kind="stable")]
        ),
    )
