"""Which reports are accepted: a pure function of the body, the known tasks and the time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from edgeagent.clock import WEEK_SECONDS, Clock, week_of, week_start
from edgeagent.errors import MalformedMessage
from edgeagent.messages import Report, ReportTask, decode_report
from edgeagent.privacy.randomizers import randomizer_for
from edgeagent.reporting_calendar import SPACING_WEEKS

__all__ = ["DEFAULT_GRACE_WEEKS", "Admission", "Refusal"]

DEFAULT_GRACE_WEEKS = SPACING_WEEKS
"""As long as a box tries to send a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a report is not accepted."""

    status: HTTPStatus
    reason: str


class Admission:
    """Checks report bodies against the tasks this server has published."""

    def __init__(
        self,
        tasks: Iterable[ReportTask],
        *,
        clock: Clock,
        closing: Clock | None = None,
        grace_weeks: int = DEFAULT_GRACE_WEEKS,
    ) -> None:
        """Accept reports on ``tasks`` until ``grace_weeks`` after the end of their week.

        ``closing`` says when that is, if it is another clock.

        Raises:
            PolicyError: a task has a mechanism that is not available.

        """
        self._tasks = {task.name: (task, randomizer_for(task)) for task in tasks}
        self._clock = clock
        self._closing = closing or clock
        self._grace_seconds = grace_weeks * WEEK_SECONDS

    def judge(self, body: bytes) -> Report | Refusal:
        """Return the report in ``body``, or why it is not accepted."""
        try:
            report = decode_report(body)
        except MalformedMessage as error:
            return _bad(str(error))
        if report.task not in self._tasks:
            return _bad(f"task {report.task} is not known here")
        task, randomizer = self._tasks[report.task]
        if not randomizer.is_possible(report.counts):
            return _bad(f"{task.mechanism} does not give these counts")
        return self._judge_week(report, task)

    def _judge_week(self, report: Report, task: ReportTask) -> Report | Refusal:
        if report.week >= week_of(self._clock.now()):
            # 425: the box's clock may be ahead of this one's, and the report is right later.
            return Refusal(status=HTTPStatus.TOO_EARLY, reason=f"week {report.week} has not ended")
        if report.week < task.first_week:
            return _bad(f"task {task.name} begins with week {task.first_week}")
        if self._closing.now() > week_start(report.week + 1) + self._grace_seconds:
            return Refusal(status=HTTPStatus.GONE, reason=f"week {report.week} is closed")
        return report


def _bad(reason: str) -> Refusal:
    return Refusal(status=HTTPStatus.BAD_REQUEST, reason=reason)
