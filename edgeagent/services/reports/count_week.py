"""Count a week, for report and preview: who takes part, and which sessions are counted."""

from __future__ import annotations

from dataclasses import dataclass

from edgeagent.clock import week_start
from edgeagent.consent import Purpose
from edgeagent.messages import ModelFiles, ReportTask, SegmentRequest, SplitRequest, Viewing
from edgeagent.privacy.exact_sampling import uniform_choice
from edgeagent.privacy.randomizers import randomizer_for
from edgeagent.privacy.values import SegmentCounts
from edgeagent.randomness import RandomSource
from edgeagent.scoring.protocol import Scorer
from edgeagent.segments.categories import category_of
from edgeagent.services.context import BoxContext
from edgeagent.services.models.installation import InstallationStore

__all__ = ["Sessions", "WeekCounter", "count_drawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekCounter:
    """Counts the sessions of a week that has ended, in one home."""

    box: BoxContext
    installations: InstallationStore
    scorer: Scorer

    def profiles(self, week: int, *purposes: Purpose) -> tuple[str, ...]:
        """Return the profiles that granted all of these purposes for the whole week."""
        return self.box.gate.profiles_throughout(
            purposes, start=week_start(week), end=week_start(week + 1)
        )

    def sessions(self, week: int, *, task: ReportTask, profiles: tuple[str, ...]) -> Sessions:
        """Return the sessions of the week; opens the history, but runs no model.

        The audience rule is applied again here, to profiles and to single viewings.

        Raises:
            EdgeAgentError: the history does not open, or the segmenter's files cannot be used.

        """
        history = self.box.home.history
        counted = tuple(
            profile.name
            for profile in history.profiles()
            if profile.name in profiles and self.box.audience.counts(profile.kind)
        )
        viewings = tuple(
            history.between(
                name, week_start(week), week_start(week + 1), teens=self.box.audience.teens_count
            )
            for name in counted
        )
        request = SplitRequest(files=self._files(task), profiles=viewings)
        return self.scorer.split(request).sessions

    def count(self, sessions: Sessions, *, task: ReportTask, random: RandomSource) -> SegmentCounts:
        """Draw the number of sessions that the task's mechanism uses, and count them by category.

        Raises:
            EdgeAgentError: the segmenter fails.

        """
        return count_drawn(sessions, self.scorer, task=task, files=self._files(task), random=random)

    def _files(self, task: ReportTask) -> ModelFiles:
        return self.installations.files(task.segmenter.model, task.segmenter.catalogue)


Sessions = tuple[tuple[Viewing, ...], ...]
_STAND_IN: tuple[Viewing, ...] = ()
"""A session without viewings, which pads the request to its fixed size; its answer is discarded."""


def count_drawn(
    sessions: Sessions,
    scorer: Scorer,
    *,
    task: ReportTask,
    files: ModelFiles,
    random: RandomSource,
) -> SegmentCounts:
    """Draw as many sessions as the task's mechanism uses, and count them by category.

    Only drawn sessions are segmented, in a request padded to a fixed size, so that neither the
    number of sessions nor an empty week changes the segmenter's work. The draw is uniform, so the
    mechanism's own bound, which draws from these sessions, still draws uniformly from the week.

    Args:
        sessions: all sessions of the week.
        scorer: runs the task's own segmenter.
        task: defines the categories and the segments that count as "none".
        files: the task's segmenter.
        random: draws the sessions.

    Raises:
        EdgeAgentError: the segmenter fails.

    """
    needed = randomizer_for(task).most_sessions
    drawn = uniform_choice(sessions, min(needed, len(sessions)), random)
    request = SegmentRequest(files=files, sessions=(*drawn, *[_STAND_IN] * (needed - len(drawn))))
    answer = scorer.segment(request)
    categories = [
        category_of(segment, task, started_on=moment)
        for segment, moment in zip(answer.segments, answer.started_on, strict=True)
    ]
    return SegmentCounts.of(categories[: len(drawn)], categories=task.categories)
