"""What report and preview share: who takes part in a week, and the sessions that are counted."""

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
        """Return the profiles whose consent to all of these held for the whole week."""
        return self.box.gate.profiles_throughout(
            purposes, start=week_start(week), end=week_start(week + 1)
        )

    def sessions(self, week: int, *, task: ReportTask, profiles: tuple[str, ...]) -> Sessions:
        """Return the sessions of the week; opens the history, runs no model.

        Whose viewings count is asked now, of profiles and of single viewings.

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
        """Draw from the sessions what the task's mechanism uses, and count that by category.

        Raises:
            EdgeAgentError: the segmenter fails.

        """
        return count_drawn(sessions, self.scorer, task=task, files=self._files(task), random=random)

    def _files(self, task: ReportTask) -> ModelFiles:
        return self.installations.files(task.segmenter.model, task.segmenter.catalogue)


Sessions = tuple[tuple[Viewing, ...], ...]
_STAND_IN: tuple[Viewing, ...] = ()
"""A session without viewings: a run of the segmenter like any other, whose answer is not used."""


def count_drawn(
    sessions: Sessions,
    scorer: Scorer,
    *,
    task: ReportTask,
    files: ModelFiles,
    random: RandomSource,
) -> SegmentCounts:
    """Draw as many sessions as the task's mechanism uses, and count those by category.

    Only what was drawn is given a segment, in a request of one size, stand-ins included: neither
    the number of sessions nor an empty week changes what the segmenter has to do. The draw is
    uniform, so the mechanism's own bound, which draws from what it is given, still
    draws uniformly from the week.

    Args:
        sessions: all of the week's.
        scorer: runs the task's own segmenter.
        task: says which categories there are, and which segments count as "none".
        files: the task's segmenter.
        random: draws.

    Raises:
        EdgeAgentError: the segmenter fails.

    """
    needed = randomizer_for(task).most_sessions
    drawn = uniform_choice(sessions, min(needed, len(sessions)), random)
    request = SegmentRequest(files=files, sessions=(*drawn, *[_STAND_IN] * (needed - len(drawn))))
    categories = [category_of(segment, task) for segment in scorer.segment(request).segments]
    return SegmentCounts.of(categories[: len(drawn)], categories=task.categories)
