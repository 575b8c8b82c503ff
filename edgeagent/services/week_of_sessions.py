"""The sessions of one week: drawn, and given their categories.

The draw comes first. Only what it took is given a segment, in a request of one size, stand-ins
included: neither the number of sessions nor an empty week changes what the segmenter has to do.
"""

from __future__ import annotations

from edgeagent.messages import ModelFiles, ReportTask, SegmentRequest, Viewing
from edgeagent.privacy.exact_sampling import uniform_choice
from edgeagent.privacy.randomizers import randomizer_for
from edgeagent.privacy.values import SegmentCounts
from edgeagent.randomness import RandomSource
from edgeagent.scoring.protocol import Scorer
from edgeagent.segments.categories import category_of

__all__ = ["Sessions", "count_drawn"]

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

    The draw is uniform, so the mechanism's own bound, which draws from what it is given, still
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
