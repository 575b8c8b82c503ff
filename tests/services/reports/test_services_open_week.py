"""Between the note that a count begins and the booking: nothing of it depends on the history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import get_args

import pytest

from edgeagent.agent import Environment
from edgeagent.clock import DAY_SECONDS
from edgeagent.consent import Purpose
from edgeagent.messages import (
    SegmentAnswer,
    SegmentRequest,
    SplitAnswer,
    SplitRequest,
    decode_report,
)
from edgeagent.messages.fields import MechanismName
from edgeagent.privacy.values import SegmentCounts
from edgeagent.services.reports.limits import SEND_WINDOW_SECONDS
from edgeagent.services.reports.open_week import OpenWeek
from edgeagent.services.timekeeping.counting_frame import COUNT_SECONDS, fixed_frame
from edgeagent.services.upkeep.count_health import DIED, LATE, CountHealth, CountHealthStore
from edgeagent.services.upkeep.doctor import Doctor, Finding
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.randomness import SeededRandomSource
from edgeagent.testing.scorer import TableScorer
from tests.services.acts import DELETIONS, Act
from tests.services.conftest import Box, task

BOTH = (Purpose.HISTORY, Purpose.REPORTING)


def _ready(make_box: Callable[..., Box], name: str = "home", *, sessions: int = 0) -> Box:
    """Return a box at the end of its reporting week, after so many sessions in it."""
    box = make_box(name, seed="same")
    box.install()
    box.grant(*BOTH)
    end = box.go_to_end_of_reporting_week()
    for number in range(sessions):
        box.watch("t:1", ago=(number + 1) * DAY_SECONDS)
    assert end == box.reporting_week()
    return box


def _opened(box: Box) -> OpenWeek:
    opened = box.agent.reports.open_week()
    assert isinstance(opened, OpenWeek)
    return opened


class _SlowScorer(TableScorer):
    """Takes a while for every session that holds something."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(segment=3)
        self._clock = clock

    def segment(self, request: SegmentRequest) -> SegmentAnswer:
        self._clock.advance(7 * sum(map(len, request.sessions)))
        return super().segment(request)


class _Death(BaseException):
    """The power goes, or the kernel takes the whole box."""


class _DeadlyScorer(TableScorer):
    """Takes the box with it."""

    def split(self, request: SplitRequest) -> SplitAnswer:
        del request
        raise _Death


def test_when_a_report_is_drawn_and_due_does_not_depend_on_what_was_watched(
    make_box: Callable[..., Box],
) -> None:
    moments = []
    for name, sessions in (("a", 0), ("b", 5)):
        box = _ready(make_box, name, sessions=sessions)
        box.scorer = _SlowScorer(box.clock)
        box.reopen()
        began = box.clock.now()
        assert box.agent.close_week().outcome == "drawn"
        (disclosure,) = box.agent.disclosures()
        assert disclosure.drawn_at == began
        moments.append((disclosure.drawn_at, disclosure.due_at))
    assert moments[0] == moments[1]


class _Extreme:
    """Draws the lowest number there is, or the highest."""

    def __init__(self, *, highest: bool) -> None:
        self._highest = highest

    def below(self, bound: int) -> int:
        return bound - 1 if self._highest else 0


@pytest.mark.parametrize(
    ("highest", "wait"), [(False, COUNT_SECONDS), (True, SEND_WINDOW_SECONDS - 1)]
)
def test_a_report_is_due_within_four_days_and_never_before_it_is_booked(
    make_box: Callable[..., Box], *, highest: bool, wait: int
) -> None:
    box = _ready(make_box)
    reporting = box.agent.reports
    reporting._tools = replace(reporting._tools, random=_Extreme(highest=highest))
    assert _opened(box).begun.due_at == box.clock.now() + wait


def test_the_beginning_is_on_disk_before_the_history_is_opened(
    make_box: Callable[..., Box],
) -> None:
    box = _ready(make_box, sessions=2)
    length, _ = box.agent._home.ledger.tip()
    _opened(box)
    assert box.scorer.requests == []
    box.reopen()
    assert box.agent._home.ledger.tip()[0] == length + 1
    assert box.agent.disclosures() == ()


def test_a_count_that_the_box_died_of_is_none_and_not_begun_again(
    make_box: Callable[..., Box],
) -> None:
    box = _ready(make_box, sessions=3)
    box.scorer = _DeadlyScorer()
    box.reopen()
    began = box.clock.now()
    with pytest.raises(_Death):
        box.agent.close_week()
    box.clock.advance(DAY_SECONDS)
    box.reopen()
    assert box.agent.close_week().outcome == "drawn"
    (disclosure,) = box.agent.disclosures()
    assert disclosure.drawn_at == began
    assert began + COUNT_SECONDS <= disclosure.due_at < began + 4 * DAY_SECONDS
    assert sum(decode_report(disclosure.body).counts) == 8
    assert box.agent.close_week().outcome == "already_closed"


@pytest.mark.parametrize("mechanism", get_args(MechanismName))
def test_a_count_begun_again_leaves_as_an_empty_week_would(
    make_box: Callable[..., Box], mechanism: str
) -> None:
    box = _ready(make_box, sessions=3)
    box.install(task(mechanism=mechanism))
    _opened(box)
    box.reopen()
    opened = _opened(box)
    assert opened.begun.again
    opened.count()
    assert opened.counts == SegmentCounts.of((), categories=33)
    assert box.scorer.requests == []
    assert opened.book().outcome == "drawn"


def test_what_is_not_counted_in_time_is_none(make_box: Callable[..., Box]) -> None:
    box = _ready(make_box, sessions=3)
    opened = _opened(box)
    assert opened.book().outcome == "drawn"
    opened.count()  # too late: what leaves is booked
    assert opened.counts != SegmentCounts.of((), categories=33)
    assert len(box.agent.disclosures()) == 1


def test_who_begins_while_another_counts_books_nothing_more(make_box: Callable[..., Box]) -> None:
    box = _ready(make_box, sessions=3)
    first, second = _opened(box), _opened(box)
    assert (first.begun.again, second.begun.again) == (False, True)
    first.count()
    assert first.book().outcome == "drawn"
    assert second.book().outcome == "already_closed"
    assert len(box.agent.disclosures()) == 1


@pytest.mark.parametrize("sessions", [0, 3])
def test_a_segmenter_that_fails_is_noted_here_until_one_works(
    make_box: Callable[..., Box], sessions: int
) -> None:
    box = _ready(make_box, sessions=sessions)
    health = CountHealthStore(box.agent._home.ledger)
    box.scorer.fails = True
    assert box.agent.close_week().outcome == "drawn"
    assert health.load() == CountHealth(failed=1, reason="ModelError", at=box.clock.now())
    box.go_to_end_of_reporting_week(cycle=1)
    assert box.agent.close_week().outcome == "drawn"
    assert health.load().failed == 2
    assert str(_findings(box)["counts"]).count("2 reporting weeks in a row") == 1
    assert _findings(box)["counts"].status == "warning"
    box.scorer.fails = False
    box.go_to_end_of_reporting_week(cycle=2)
    assert box.agent.close_week().outcome == "drawn"
    assert health.load() == CountHealth(at=box.clock.now())
    assert _findings(box)["counts"].status == "ok"


@pytest.mark.parametrize("act", DELETIONS.values(), ids=DELETIONS)
def test_what_is_noted_of_counts_goes_with_every_deletion(
    make_box: Callable[..., Box], act: Act
) -> None:
    box = _ready(make_box, sessions=1)
    health = CountHealthStore(box.agent._home.ledger)
    health.note("ModelError", at=box.clock.now())
    act(box)
    assert health.load() == CountHealth()


def test_a_death_and_a_count_that_came_too_late_are_noted(make_box: Callable[..., Box]) -> None:
    box = _ready(make_box, sessions=3)
    _opened(box)
    opened = _opened(box)
    opened.count()
    opened.book()
    health = CountHealthStore(box.agent._home.ledger)
    assert health.load().reason == DIED
    box.go_to_end_of_reporting_week(cycle=1)
    _opened(box).book()
    assert (health.load().failed, health.load().reason) == (2, LATE)


def _findings(box: Box) -> dict[str, Finding]:
    doctor = Doctor(
        box.directory, config=box.config, clock=box.clock, random=SeededRandomSource("doctor")
    )
    return {finding.name: finding for finding in doctor.examine()}


def test_the_frame_takes_its_minute_and_does_not_wait_for_the_work() -> None:
    released, finished = Event(), Event()
    pauses: list[float] = []

    def work() -> None:
        released.wait()
        finished.set()

    fixed_frame(work, pause=pauses.append)
    assert not finished.is_set()
    assert pauses == [COUNT_SECONDS]
    released.set()
    finished.wait()


def test_a_box_counts_in_the_frame_and_a_simulation_does_not_wait(
    make_box: Callable[..., Box],
) -> None:
    assert Environment().count_frame is fixed_frame
    box = _ready(make_box, sessions=1)
    assert box.agent.close_week().outcome == "drawn"  # or this test would take a minute
