"""``EdgeAgent``: reports sent and planned, the privacy budget, and the privacy assessment."""

from __future__ import annotations

from edgeagent.api.call import Call
from edgeagent.api.caller import Caller
from edgeagent.api.events import DISCLOSURES_CHANGED, QUARTER_ENDED
from edgeagent.api.method import Event, Nothing, own
from edgeagent.clock import week_start
from edgeagent.messages.answers.assessment import AssessmentShape
from edgeagent.messages.answers.reports import (
    BalanceShape,
    DisclosureShape,
    NamedTaskShape,
    NextReportShape,
    PreviewShape,
    QuarterShape,
)
from edgeagent.messages.codec import Shape
from edgeagent.messages.fields import TaskName
from edgeagent.messages.report import REPORT_BYTES
from edgeagent.privacy.accounting import epsilon
from edgeagent.services.reports.limits import SEND_WINDOW_SECONDS
from edgeagent.store import Disclosure

__all__ = ["EVENTS", "METHODS"]


def _disclosures(call: Call, params: Nothing) -> tuple[DisclosureShape, ...]:
    """Return all reports ever drawn for sending, oldest first, byte for byte."""
    del params
    return tuple(_disclosure(item) for item in call.agent.disclosures())


def _disclosure(item: Disclosure) -> DisclosureShape:
    return DisclosureShape(
        report_id=item.report_id,
        week=item.week,
        week_start=week_start(item.week),
        task=item.task,
        recipient=item.recipient,
        body=item.body.decode(),
        drawn_at=item.drawn_at,
        due_at=item.due_at,
        settled_at=item.settled_at,
        outcome=item.outcome,
        epsilon=epsilon(item.odds),
        odds=str(item.odds),
        meaning=item.meaning,
    )


def _next_report(call: Call, params: Nothing) -> NextReportShape:
    """Return which week the next report covers, when it can be sent, and what prevents it."""
    del params
    task = call.agent.installation().task
    week = call.agent.reports.next_week()
    end = week_start(week + 1)
    obstacle, reason = call.agent.reports.obstacle(week) or (None, "")
    return NextReportShape(
        would_report=obstacle is None,
        obstacle=obstacle,
        reason=reason,
        week=week,
        week_start=week_start(week),
        week_end=end,
        sent_between=(end, end + SEND_WINDOW_SECONDS),
        bytes=REPORT_BYTES,
        categories=None if task is None else task.categories,
        odds=None if task is None else str(task.odds),
        epsilon=None if task is None else epsilon(task.odds),
        recipient=call.state.config.server_url,
        waiting=call.agent.reports.waiting(),
    )


class TaskParams(Shape, frozen=True, kw_only=True):
    """A report task."""

    task: TaskName | None = None
    """Its name, as a report carries it; the present one unless given."""


def _named_task(call: Call, params: TaskParams) -> NamedTaskShape | None:
    """Return what the categories of a report task mean; null where that is not known."""
    found = call.agent.reports.named_task(params.task)
    return None if found is None else NamedTaskShape.of(found)


def _budget(call: Call, params: Nothing) -> BalanceShape:
    """Return how much of the privacy budget is spent."""
    del params
    return BalanceShape.of(call.agent.reports.balance())


def _preview(call: Call, params: Nothing) -> PreviewShape:
    """Return a sample report on the last week; it is never sent."""
    del params
    return PreviewShape.of(call.agent.reports.preview())


def _assessment(call: Call, params: Nothing) -> AssessmentShape:
    """Return what leaves the box, its privacy cost, what it reveals, and which promises hold."""
    del params
    return AssessmentShape.of(call.agent.reports.assess())


class QuarterParams(Shape, frozen=True, kw_only=True):
    """Whether a viewer is shown it."""

    shown: bool = False
    """Whether it is on a screen: its page is not new afterwards."""


def _quarter(call: Call, params: QuarterParams) -> QuarterShape:
    """Return what was kept, used, sent and spent in the 13 weeks up to now, and what changed."""
    if params.shown:
        call.agent.reports.quarter_pages.looked_at()
    return QuarterShape.of(call.agent.reports.quarter())


METHODS = (
    own("disclosures", _disclosures, Nothing, result_name="disclosures"),
    own("nextReport", _next_report, Nothing, result_name="next"),
    own("reportTask", _named_task, TaskParams, result_name="task"),
    own("budget", _budget, Nothing, result_name="budget"),
    own("preview", _preview, Nothing, result_name="preview", mode="slow"),
    own("quarter", _quarter, QuarterParams, result_name="quarter"),
    own("assessment", _assessment, Nothing, result_name="assessment", mode="slow"),
)
EVENTS = (
    Event(
        name=DISCLOSURES_CHANGED,
        caller=Caller.MANAGE,
        summary="A report was drawn, sent, answered by the server or called off.",
        value=None,
    ),
    Event(
        name=QUARTER_ENDED,
        caller=Caller.MANAGE,
        summary="A quarter has ended, and its page is new: see quarter.",
        value=None,
    ),
)
