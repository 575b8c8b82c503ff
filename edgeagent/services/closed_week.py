"""What report and preview share: who takes part in a week, and the sessions that are counted."""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.clock import week_start
from edgeagent.consent import Purpose
from edgeagent.messages import ModelFiles, ReportTask, SplitRequest
from edgeagent.privacy.values import SegmentCounts
from edgeagent.randomness import RandomSource
from edgeagent.scoring.protocol import Scorer
from edgeagent.services.audience import Audience
from edgeagent.services.consent_gate import ConsentGate
from edgeagent.services.device_clock import DeviceClock
from edgeagent.services.installation import InstallationStore
from edgeagent.services.week_of_sessions import Sessions, count_drawn
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
    audience: Audience

    def profiles(self, week: int, *purposes: Purpose) -> tuple[str, ...]:
        """Return the profiles whose consent to all of these held for the whole week."""
        return self.gate.profiles_throughout(
            purposes, start=week_start(week), end=week_start(week + 1)
        )

    def sessions(self, week: int, *, task: ReportTask, profiles: tuple[str, ...]) -> Sessions:
        """Return the sessions of the week; opens the history, runs no model.

        Whose viewings count is asked now, of profiles and of single viewings.

        Raises:
            EdgeAgentError: the history does not open, or the segmenter's files cannot be used.

        """
        history = self.home.history
        counted = tuple(
            profile.name
            for profile in history.profiles()
            if profile.name in profiles and self.audience.counts(profile.kind)
        )
        viewings = tuple(
            history.between(
                name, week_start(week), week_start(week + 1), teens=self.audience.teens_count
            )
            for name in counted
        )
        request = SplitRequest(files=self._files(task), profiles=viewings)
        return self.scorer.split(request).sessions

    def count(self, sessions: Sessions, *, task: ReportTask, random: RandomSource) -> SegmentCounts:
        """Draw from the sessions what the task's mechanism uses, and count that by category.

        Raises:
            EdgeAgentError: the segmenter fails.

        """
        return count_drawn(sessions, self.scorer, task=task, files=self._files(task), random=random)

    def _files(self, task: ReportTask) -> ModelFiles:
        return self.installations.files(task.segmenter.model, task.segmenter.catalogue)
