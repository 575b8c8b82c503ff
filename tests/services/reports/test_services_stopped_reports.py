"""What a publisher stops, or a repository that contradicts itself, silences; the history never."""

from __future__ import annotations

import pytest

from edgeagent.clock import DAY_SECONDS, WEEK_SECONDS
from edgeagent.consent import Purpose
from edgeagent.messages.fields import Obstacle
from edgeagent.services.models.installation import InstallationStore
from edgeagent.services.models.release_watch import ReleasesConflict, ReleaseWatch
from tests.services.conftest import Box

CONFLICT = ReleaseWatch(
    conflict=ReleasesConflict(reason="it is another list", at=0, list_id="0" * 32, root_version=1)
)


@pytest.fixture
def ready(box: Box) -> Box:
    """A box whose reporting week has just ended."""
    box.install()
    box.grant(Purpose.HISTORY, Purpose.REPORTING)
    box.go_to_end_of_reporting_week()
    return box


@pytest.fixture
def due(ready: Box) -> Box:
    """A box with one report that is due now."""
    assert ready.agent.close_week().outcome == "drawn"
    (entry,) = ready.agent._home.ledger.outbox()
    ready.clock.set(entry.next_attempt_at)
    return ready


def installations(box: Box) -> InstallationStore:
    return InstallationStore(box.agent._home.ledger, box.directory / "models")


def stop(box: Box, *, this_task: bool = True) -> None:
    task = installations(box).load().task
    assert task is not None
    name = task.name if this_task else task.name.replace("33", "17", 1)
    installations(box).update(stopped_tasks=(name,))


def start_again(box: Box) -> None:
    installations(box).update(stopped_tasks=(), releases=ReleaseWatch())


def obstacle(box: Box) -> Obstacle | None:
    found = box.agent.reports.obstacle(box.reporting_week())
    return None if found is None else found[0]


def test_nothing_is_drawn_for_a_stopped_task(ready: Box) -> None:
    stop(ready)
    assert obstacle(ready) is Obstacle.STOPPED
    closing = ready.agent.close_week()
    assert (closing.outcome, closing.reason) == ("silent", "the task was stopped by its publisher")
    assert ready.agent._home.ledger.debits() == ()
    stop(ready, this_task=False)
    assert obstacle(ready) is None


def test_weeks_of_a_stopped_task_are_missed(ready: Box) -> None:
    first = ready.reporting_week()
    stop(ready)
    ready.agent.close_week()
    ready.go_to_end_of_reporting_week(cycle=1)
    ready.update_daily()
    start_again(ready)
    ready.agent.close_week()
    entries = ready.agent._home.ledger.entries()
    assert [(one.entry, one.week) for one in entries if one.week == first] == [("missed", first)]


def test_a_report_of_a_stopped_task_waits_and_is_sent_if_the_stop_ends(due: Box) -> None:
    stop(due)
    (sending,) = due.agent.send_reports()
    assert (sending.outcome, sending.detail) == ("retry", "the task was stopped by its publisher")
    assert due.transport.bodies == []
    (entry,) = due.agent._home.ledger.outbox()
    assert (entry.attempts, entry.next_attempt_at) == (0, due.clock.now() + DAY_SECONDS)
    start_again(due)
    assert due.agent.send_reports() == ()
    due.clock.set(entry.next_attempt_at)
    assert due.agent.send_reports()[0].outcome == "accepted"


def test_a_report_that_waited_for_too_long_is_not_sent_after_the_stop(due: Box) -> None:
    stop(due)
    due.clock.advance(14 * WEEK_SECONDS)
    due.update_daily()
    assert due.agent.send_reports()[0].outcome == "expired"
    assert due.transport.bodies == []


def test_a_repository_that_contradicts_itself_silences_the_box(ready: Box) -> None:
    installations(ready).update(releases=CONFLICT)
    assert obstacle(ready) is Obstacle.CONFLICT
    closing = ready.agent.close_week()
    assert closing.outcome == "silent"
    assert closing.reason.endswith("shown before: it is another list")
    start_again(ready)
    assert ready.agent.close_week().outcome == "drawn"


def test_and_nothing_that_waits_is_sent(due: Box) -> None:
    installations(due).update(releases=CONFLICT)
    assert due.agent.send_reports() == ()
    assert due.transport.bodies == []
    start_again(due)
    assert due.agent.send_reports()[0].outcome == "accepted"
