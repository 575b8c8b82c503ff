"""What report and preview share: who takes part in a week, and the sessions that are counted."""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.clock import week_start
from edgeagent.consent import Purpose
from edgeagent.messages import ReportTask
from edgeagent.privacy.values import SegmentCounts
from edgeagent.scoring.protocol import Scorer
from edgeagent.services.consent_gate import ConsentGate
from edgeagent.services.device_clock import DeviceClock
from edgeagent.services.installation import InstallationStore
from edgeagent.services.week_of_sessions import count_sessions
from edgeagent.store import Home

__all__ = ["WeekCounter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekCounter:
    """Counts the sessions of a week that has ended, in one home."""

    home: Home
    gate: ConsentGate
    installations: InstallationStore
    scorer: Scorer
    clock: DeviceClock

    def profiles(self, week: int, *purposes: Purpose) -> tuple[str, ...]:
        """Return the profiles whose consent to all of these held for the whole week."""
        return self.gate.profiles_throughout(
            purposes, start=week_start(week), end=week_start(week + 1)
        )

    def count(self, week: int, *, task: ReportTask, profiles: tuple[str, ...]) -> SegmentCounts:
        """Count the sessions of the week by category; opens the history."""
        return count_sessions(
            self.home.history,
            self.scorer,
            week=week,
            profiles=profiles,
            task=task,
            files=self.installations.files(task.segmenter.model, task.segmenter.catalogue),
        )
